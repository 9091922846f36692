import { createHash } from 'node:crypto'

/** A digest of a secret's parts, for telling two apart. Parts are framed: `a`, `bc` differs from `ab`, `c`. */
export function fingerprint(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
