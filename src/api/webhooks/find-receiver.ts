import { GantryError } from '../../core/errors.ts'
import { ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { SecretKind } from '../../core/kinds/secret.ts'
import type {
  WebhookReceiverConfig,
  WebhookReceiverDetails,
} from '../../core/kinds/webhook-receivers.ts'
import {
  receiverConfig,
  receiverPath,
  secretNameOf,
  secretValue,
} from '../../lib/webhook/receiver-path.ts'
import type { Receiver } from '../../receiver.ts'
import type { WebhookParts } from './parts.ts'

/** The receiver that listens on a path. */
export interface FoundReceiver {
  readonly path: string
  readonly name: string
  readonly receiver: Receiver
  readonly config: unknown
  readonly secret: string
  /** The Project whose Warehouses it is for; undefined: everybody's. */
  readonly project: string | undefined
}

interface Config {
  readonly spec?:
    | { readonly webhookReceivers?: readonly WebhookReceiverConfig[] | undefined }
    | undefined
  readonly status?:
    | { readonly webhookReceivers?: readonly WebhookReceiverDetails[] | undefined }
    | undefined
}

/**
 * The receiver of a path, a Project's before the installation's; undefined when there is none, also when the secret has
 * changed since the path was published. Throws Internal when its Secret lacks the key.
 */
export function findReceiver(parts: WebhookParts, path: string): FoundReceiver | undefined {
  const index = { name: 'receiverPath', key: path }
  const [own] = parts.objects.list(ProjectConfigKind, { index })
  const namespace = own?.metadata.namespace
  if (own !== undefined) return resolve(parts, path, own, namespace, namespace ?? '')
  const [shared] = parts.objects.list(ClusterConfigKind, { index })
  return shared && resolve(parts, path, shared, undefined, parts.systemNamespace)
}

function resolve(
  { objects, receivers }: WebhookParts,
  path: string,
  { spec, status }: Config,
  project: string | undefined,
  namespace: string,
): FoundReceiver | undefined {
  const name = status?.webhookReceivers?.find((each) => each.path === path)?.name
  const config = spec?.webhookReceivers?.find((each) => each.name === name)
  const receiver = receivers.find(({ kind }) => path.startsWith(`/${kind}/`))
  if (name === undefined || config === undefined || receiver === undefined) return undefined
  const secretName = secretNameOf(config, receiver.kind)
  if (secretName === undefined) return undefined
  const stored = objects.get(SecretKind, { namespace, name: secretName })
  const secret = secretValue(stored, receiver.secretKey)
  if (secret === undefined || secret === '') {
    throw new GantryError(
      'Internal',
      `receiver "${name}": the secret "${secretName}" in namespace "${namespace}" has no key "${receiver.secretKey}"`,
    )
  }
  if (receiverPath(receiver.kind, project ?? '', name, secret) !== path) return undefined
  return { path, name, receiver, config: receiverConfig(config, receiver.kind), secret, project }
}
