import { sha256 } from '../../core/hash.ts'
import { isJsonObject } from '../../core/json.ts'
import type { Secret } from '../../core/kinds/secret.ts'
import type { WebhookReceiverConfig } from '../../core/kinds/webhook-receivers.ts'

/** `/<type>/<hex>`, the hex being the SHA-256 of project, receiver name and secret, one after the other. */
export function receiverPath(kind: string, project: string, name: string, secret: string): string {
  return `/${kind}/${sha256(`${project}${name}${secret}`)}`
}

/** The name of the Secret that a receiver of this kind uses; undefined when it is of another kind. */
export function secretNameOf(config: WebhookReceiverConfig, kind: string): string | undefined {
  const receiver = receiverConfig(config, kind)
  if (!isJsonObject(receiver) || !isJsonObject(receiver['secretRef'])) return undefined
  const { name } = receiver['secretRef']
  return typeof name === 'string' ? name : undefined
}

/** What stands under the receiver's kind. */
export function receiverConfig(config: WebhookReceiverConfig, kind: string): unknown {
  return new Map<string, unknown>(Object.entries(config)).get(kind)
}

/** A value of a Secret in clear; undefined when the key is absent. */
export function secretValue(secret: Secret | undefined, key: string): string | undefined {
  const data = secret?.data
  const encoded = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined
  if (encoded === undefined) return undefined
  const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))
  return new TextDecoder().decode(bytes)
}
