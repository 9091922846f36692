import { type ClusterConfig, ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { SecretKind } from '../../core/kinds/secret.ts'
import { type Controller, defineController, refOf, wake } from '../../runtime/controller.ts'
import { concludeConfig } from '../config-status.ts'
import { publishReceivers, receiverSecrets, type ReceiverOptions } from '../webhook-receivers.ts'

export interface ClusterConfigOptions extends ReceiverOptions {
  /** Where the Secrets of the installation are; Kargo's default is `kargo-system-resources`. */
  readonly systemNamespace: string
}

/** Looks after the ClusterConfig: publishes where the installation's webhook receivers listen. */
export function clusterConfigController(options: ClusterConfigOptions): Controller<ClusterConfig> {
  const { systemNamespace } = options
  return defineController<ClusterConfig>({
    name: 'cluster-config',
    kind: ClusterConfigKind,
    concurrency: 1,
    wakes: [
      wake(SecretKind, ({ object }, cache) => {
        const { name, namespace } = object.metadata
        if (namespace !== systemNamespace) return []
        return cache
          .list(ClusterConfigKind)
          .filter((config) => receiverSecrets(config.spec?.webhookReceivers).includes(name))
          .map(refOf)
      }),
    ],
    phases: {
      async syncWebhookReceivers(ctx, draft) {
        const scope = { project: '', namespace: systemNamespace }
        publishReceivers(draft, ctx.object.spec?.webhookReceivers, scope, options, ctx.cache)
      },
    },
    conclude: concludeConfig,
  })
}
