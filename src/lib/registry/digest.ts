import { createHash } from 'node:crypto'
import { GantryError } from '../../core/errors.ts'

const digestPattern = /^(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

export function isDigest(text: string): boolean {
  return digestPattern.test(text)
}

/** The digest of some bytes; sha256 unless told. */
export function digestOf(bytes: Uint8Array, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** Throws Invalid when the bytes are not what the digest names. `what` begins the sentence. */
export function verifyDigest(digest: string, bytes: Uint8Array, what: string): void {
  if (!isDigest(digest)) throw new GantryError('Invalid', `${what}: "${digest}" is no digest`)
  if (digestOf(bytes, digest.slice(0, digest.indexOf(':'))) !== digest) {
    throw new GantryError('Invalid', `${what}: the content is not that of ${digest}`)
  }
}
