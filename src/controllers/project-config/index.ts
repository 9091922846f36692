import { type ProjectConfig, ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { SecretKind } from '../../core/kinds/secret.ts'
import { type Controller, defineController, refOf, wake } from '../../runtime/controller.ts'
import { concludeConfig } from '../config-status.ts'
import { publishReceivers, receiverSecrets, type ReceiverOptions } from '../webhook-receivers.ts'

/** Looks after ProjectConfigs: publishes where their webhook receivers listen. */
export function projectConfigController(options: ReceiverOptions): Controller<ProjectConfig> {
  return defineController<ProjectConfig>({
    name: 'project-config',
    kind: ProjectConfigKind,
    wakes: [
      wake(SecretKind, ({ object }, cache) => {
        const { name, namespace } = object.metadata
        return cache
          .list(ProjectConfigKind, { namespace })
          .filter((config) => receiverSecrets(config.spec?.webhookReceivers).includes(name))
          .map(refOf)
      }),
    ],
    phases: {
      async syncWebhookReceivers(ctx, draft) {
        const { namespace = '' } = ctx.object.metadata
        const scope = { project: namespace, namespace }
        publishReceivers(draft, ctx.object.spec?.webhookReceivers, scope, options, ctx.cache)
      },
    },
    conclude: concludeConfig,
  })
}
