import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { GantryError } from '../core/errors.ts'

/** Keeps text secret at rest: AES-256-GCM, so that a changed or swapped byte is noticed. */
export interface Sealer {
  /** Which key this is, without saying anything about it: 16 hex digits. */
  readonly keyId: string
  /** Where the key came from, for messages. */
  readonly origin: string
  /** The text, encrypted: `sealed:v1:<key id>:<base64url>`. Sealing twice gives two different texts. */
  seal(text: string): string
  /**
   * The text that was sealed.
   * @throws GantryError Invalid when it was sealed with another key, or changed since
   */
  open(sealed: string): string
}

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const algorithm = 'aes-256-gcm'
const prefix = 'sealed:v1:'

/** @throws GantryError Invalid when the key is not 32 bytes long */
export function createSealer(key: Uint8Array, origin: string): Sealer {
  if (key.length !== keyBytes)
    throw new GantryError(
      'Invalid',
      `the encryption key from ${origin} has ${key.length} bytes: it must have ${keyBytes}`,
    )
  const keyId = createHash('sha256')
    .update('gantry key id\0')
    .update(key)
    .digest('hex')
    .slice(0, 16)
  return {
    keyId,
    origin,
    seal(text) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(prefix + keyId))
      const parts = [nonce, cipher.update(text, 'utf8'), cipher.final()]
      return `${prefix}${keyId}:${Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64url')}`
    },
    open(sealed) {
      if (!isSealed(sealed)) throw new GantryError('Invalid', 'the text is not a sealed one')
      const [sealedWith = '', data = ''] = sealed.slice(prefix.length).split(':')
      if (sealedWith !== keyId) throw wrongKey('the text', sealedWith, { keyId, origin })
      const bytes = Buffer.from(data, 'base64url')
      try {
        const nonce = bytes.subarray(0, nonceBytes)
        const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
        decipher.setAAD(Buffer.from(prefix + keyId))
        decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
        const secret = bytes.subarray(nonceBytes, bytes.length - tagBytes)
        return Buffer.concat([decipher.update(secret), decipher.final()]).toString('utf8')
      } catch (thrown) {
        throw new GantryError('Invalid', 'the sealed text was changed since it was sealed', {
          cause: thrown,
        })
      }
    },
  }
}

/** Whether a text looks like what `seal` gives. */
export function isSealed(text: string): boolean {
  return text.startsWith(prefix)
}

/** What to say when something was sealed with another key than the one at hand. */
export function wrongKey(
  what: string,
  sealedWith: string,
  given: Pick<Sealer, 'keyId' | 'origin'>,
): GantryError {
  return new GantryError(
    'Invalid',
    `${what} was sealed with the encryption key ${sealedWith}, but ${given.origin} holds ${given.keyId}: bring the first one back (the key file, or GANTRY_ENCRYPTION_KEY)`,
  )
}
