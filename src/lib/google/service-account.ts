import { GantryError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { ExchangeTools, IssuedToken } from '../../credential.ts'
import { askForJson, formBody, textIn } from '../exchange.ts'
import { rsaKey, signJwt } from '../signed-jwt.ts'
import { googleScope, googleToken } from './token.ts'

const title = 'getting an access token from Google'
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const tokenUri = 'https://oauth2.googleapis.com/token'

/** The key of a service account, as Google's JSON file holds it. */
export interface ServiceAccountKey {
  readonly email: string
  readonly keyId: string
  readonly privateKey: string
}

/** What a key file or `external_account` configuration holds, in base64 or as it is; undefined when it is no JSON. */
export function parseKeyFile(text: string): JsonObject | undefined {
  try {
    const isPlain = text.trimStart().startsWith('{')
    const value: unknown = JSON.parse(isPlain ? text : Buffer.from(text, 'base64').toString('utf8'))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Throws Invalid. `name` is what holds it, as in `gcpServiceAccountKey`. */
export function serviceAccountKey(file: JsonObject | undefined, name: string): ServiceAccountKey {
  const what = `reading ${name}`
  if (file === undefined) {
    throw new GantryError('Invalid', `${what} failed: it is no JSON key of a service account`)
  }
  return {
    email: textIn(file, 'client_email', what),
    keyId: textIn(file, 'private_key_id', what),
    privateKey: textIn(file, 'private_key', what),
  }
}

/** The key, exchanged for an access token: the JWT bearer grant. */
export async function serviceAccountToken(
  tools: ExchangeTools,
  { email, keyId, privateKey }: ServiceAccountKey,
  name: string,
  signal: AbortSignal,
): Promise<IssuedToken> {
  tools.conceal(privateKey)
  const now = Math.floor(tools.clock.now() / 1000)
  const assertion = signJwt(
    rsaKey(privateKey, `private_key of ${name}`),
    { iss: email, scope: googleScope, aud: tokenUri, iat: now, exp: now + 3600 },
    { kid: keyId },
  )
  tools.conceal(assertion)
  const step = {
    title,
    url: tokenUri,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: formBody({ grant_type: grantType, assertion }),
  }
  const answer = await askForJson(tools.http, step, signal)
  return googleToken(answer, title, tools.clock.now())
}
