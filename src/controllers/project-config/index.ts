import { type ProjectConfig, ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { SecretKind } from '../../core/kinds/secret.ts'
import { type Controller, defineController, refOf, wake } from '../../runtime/controller.ts'
import { concludeConfig } from '../config-status.ts'
import { receiverSecrets, type ReceiverOptions, resolveReceivers } from '../webhook-receivers.ts'

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
      syncWebhookReceivers(ctx, draft) {
        const { namespace = '' } = ctx.object.metadata
        const configs = ctx.object.spec?.webhookReceivers ?? []
        const scope = { project: namespace, namespace }
        const { details, problems } = resolveReceivers(configs, scope, options, ctx.cache)
        if (details.length > 0) draft.webhookReceivers = details
        else delete draft.webhookReceivers
        return problems[0] === undefined ? Promise.resolve() : Promise.reject(problems[0])
      },
    },
    conclude: concludeConfig,
  })
}
