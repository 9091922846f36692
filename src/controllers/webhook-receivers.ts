import type { z } from 'zod'
import { GantryError } from '../core/errors.ts'
import type { ConfigStatus } from '../core/kinds/project-config.ts'
import { SecretKind } from '../core/kinds/secret.ts'
import type {
  WebhookReceiverConfig,
  WebhookReceiverDetails,
} from '../core/kinds/webhook-receivers.ts'
import { receiverPath, secretNameOf, secretValue } from '../lib/webhook/receiver-path.ts'
import type { CacheReader } from '../runtime/cache.ts'

/** What the controllers of configurations are told about receivers: `Receiver` plugins fit. */
export interface ReceiverFacts {
  readonly kind: string
  /** The key of the Secret that holds what requests are checked with. */
  readonly secretKey: string
}

export interface ReceiverOptions {
  readonly receivers: readonly ReceiverFacts[]
  /** Where receivers are reached from outside, without a trailing slash; known once the server listens. */
  readonly baseUrl: () => string
}

export interface ReceiverScope {
  /** Part of the path's hash; empty for receivers of the whole installation. */
  readonly project: string
  /** Where the Secrets are. */
  readonly namespace: string
}

/**
 * Where each receiver listens. The path holds a hash of the secret, so it changes with it. One receiver that cannot be
 * set up takes no other down: it is left out, and named in `problems`.
 */
export function resolveReceivers(
  configs: readonly WebhookReceiverConfig[],
  scope: ReceiverScope,
  { receivers, baseUrl }: ReceiverOptions,
  cache: CacheReader,
): { readonly details: WebhookReceiverDetails[]; readonly problems: readonly GantryError[] } {
  const details: WebhookReceiverDetails[] = []
  const problems: GantryError[] = []
  for (const config of configs) {
    const { name } = config
    const found = receivers.flatMap((facts) => {
      const secretName = secretNameOf(config, facts.kind)
      return secretName === undefined ? [] : [{ ...facts, secretName }]
    })[0]
    if (found === undefined) {
      const type = Object.keys(config)
        .filter((key) => key !== 'name')
        .join(', ')
      problems.push(
        new GantryError(
          'NotSupported',
          `receiver "${name}": type ${type || 'none'} is not supported`,
        ),
      )
      continue
    }
    const { kind, secretKey, secretName } = found
    const secret = cache.get(SecretKind, { namespace: scope.namespace, name: secretName })
    const value = secretValue(secret, secretKey)
    if (value === undefined || value === '') {
      const missing =
        secret === undefined
          ? `no secret "${secretName}"`
          : `no key "${secretKey}" with a value in secret "${secretName}"`
      problems.push(
        new GantryError(
          'NotFound',
          `receiver "${name}": there is ${missing} in namespace "${scope.namespace}"`,
        ),
      )
      continue
    }
    const path = receiverPath(kind, scope.project, name, value)
    details.push({ name, path, url: `${baseUrl()}${path}` })
  }
  return { details, problems }
}

/**
 * Publishes in the draft of a configuration's status where its receivers listen. Throws what keeps any of them from it:
 * the code of the first, the sentences of all.
 */
export function publishReceivers(
  draft: z.infer<typeof ConfigStatus>,
  configs: readonly WebhookReceiverConfig[] | undefined,
  scope: ReceiverScope,
  options: ReceiverOptions,
  cache: CacheReader,
): void {
  const { details, problems } = resolveReceivers(configs ?? [], scope, options, cache)
  if (details.length > 0) draft.webhookReceivers = details
  else delete draft.webhookReceivers
  const [first] = problems
  if (first === undefined) return
  throw new GantryError(first.code, problems.map(({ message }) => message).join('; '))
}

/** The names of the Secrets that these receivers use. */
export function receiverSecrets(configs: readonly WebhookReceiverConfig[] | undefined): string[] {
  return (configs ?? []).flatMap((config) =>
    Object.keys(config).flatMap((kind) => secretNameOf(config, kind) ?? []),
  )
}
