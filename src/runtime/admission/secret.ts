import { jsonEqual } from '../../core/json.ts'
import { type Secret, SecretKind, tokenSecretType } from '../../core/kinds/secret.ts'
import { mask } from '../../core/redact.ts'
import { defineAdmission, type Write } from './parts.ts'
import { admitTokenSecret } from './rbac.ts'
import { invalid } from './refuse.ts'

export const secretAdmission = defineAdmission({
  kind: SecretKind,
  async admit(write: Write<Secret>) {
    const { object, old } = write
    const { stringData, ...secret } = object
    const data = { ...secret.data }
    for (const [key, value] of Object.entries(stringData ?? {})) data[key] = encode(value)
    for (const [key, value] of Object.entries(data)) {
      checkKey(object, key)
      if (!isBase64(value)) throw invalid(object, `data.${key}`, 'the value must be base64')
      // A Secret that was read and is written back: what was hidden would be lost.
      if (value === hidden)
        throw invalid(object, `data.${key}`, `"${mask}" only stands for a value`)
    }
    const type = secret.type ?? old?.type ?? 'Opaque'
    if (old !== undefined && type !== (old.type ?? 'Opaque')) {
      throw invalid(object, 'type', `cannot change; it is ${old.type ?? 'Opaque'}`)
    }
    const next: Secret = { ...secret, type, ...(Object.keys(data).length > 0 && { data }) }
    if (Object.keys(data).length === 0) delete next.data
    checkImmutable(next, old)
    if (type === tokenSecretType) await admitTokenSecret(write)
    return next
  },
})

const hidden = encode(mask)

function checkImmutable(object: Secret, old: Secret | undefined): void {
  if (old?.immutable !== true) return
  if (object.immutable !== true) throw invalid(object, 'immutable', 'cannot be taken back')
  if (!jsonEqual(object.data ?? {}, old.data ?? {})) {
    throw invalid(object, 'data', 'cannot change: the Secret is immutable')
  }
}

/** Keys of Secrets and ConfigMaps. */
export function checkKey(object: Parameters<typeof invalid>[0], key: string): void {
  if (key.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(key)) return
  throw invalid(object, 'data', `the key "${key}" must be of letters, digits, "-", "_" and "."`)
}

function encode(text: string): string {
  const bytes = new TextEncoder().encode(text)
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function isBase64(text: string): boolean {
  const bare = text.replaceAll(/\s+/g, '')
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)
}
