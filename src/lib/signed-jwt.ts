import { createPrivateKey, createSign, type KeyObject } from 'node:crypto'
import { GantryError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'

/** A private RSA key from PEM text (PKCS#1 or PKCS#8). Throws Invalid, without a word of the key. */
export function rsaKey(pem: string, what: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new GantryError('Invalid', `${what} is not a private key in PEM form`)
  }
  if (key.asymmetricKeyType === 'rsa') return key
  throw new GantryError('Invalid', `${what} is not an RSA key`)
}

/** A JSON Web Token signed with RS256. */
export function signJwt(key: KeyObject, claims: JsonObject, header: JsonObject = {}): string {
  const part = (value: JsonObject): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(claims)}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`
}

/** `exp` of a token that somebody else signed, epoch milliseconds; it is not verified. */
export function expiryOf(token: string): number | undefined {
  const { exp } = unverifiedClaims(token)
  return typeof exp === 'number' && exp > 0 ? exp * 1000 : undefined
}

/** What a token of somebody else says of itself: nothing for a text that is none. It is not verified. */
export function unverifiedClaims(token: string): JsonObject {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
    const claims: unknown = JSON.parse(payload)
    return isJsonObject(claims) ? claims : {}
  } catch {
    return {}
  }
}
