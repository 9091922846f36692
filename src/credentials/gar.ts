import { z } from 'zod'
import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { defineCredential } from '../credential.ts'
import { askForJson, formBody, textIn } from '../lib/exchange.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import { googleScope, googleToken, isGoogleRegistry } from '../lib/google.ts'
import { rsaKey, signJwt } from '../lib/signed-jwt.ts'

const title = 'getting an access token from Google'
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const tokenUri = 'https://oauth2.googleapis.com/token'

/** The key of a Google service account, exchanged for an access token. */
export default defineCredential({
  kind: 'gar',
  summary: 'The key of a Google service account, for images and charts in its Artifact Registry.',
  types: ['image', 'helm'],
  keys: z.object({
    gcpServiceAccountKey: z
      .string()
      .min(1)
      .describe("The JSON file of the service account's key, in base64 or as it is"),
  }),
  secretKeys: ['gcpServiceAccountKey'],
  example: {
    repoURL: 'europe-docker.pkg.dev/example/images/app',
    gcpServiceAccountKey: '<base64 of the JSON key>',
  },
  matches: ({ type, data }, url) =>
    (data['gcpServiceAccountKey'] ?? '') !== '' && isGoogleRegistry(type, url),
  identify({ data }) {
    try {
      return readKey(data['gcpServiceAccountKey'] ?? '').email
    } catch {
      return 'a key that cannot be read'
    }
  },
  async resolve({ data }, { signal }, tools) {
    const text = data['gcpServiceAccountKey'] ?? ''
    const { email, keyId, privateKey } = readKey(text)
    tools.conceal(privateKey)
    const identity = fingerprint('gar', text)
    const token = await tools.tokens.get(
      identity,
      async (exchanging) => {
        const now = Math.floor(tools.clock.now() / 1000)
        const assertion = signJwt(
          rsaKey(privateKey, 'private_key of gcpServiceAccountKey'),
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
        const answer = await askForJson(tools.http, step, exchanging)
        return googleToken(answer, title, tools.clock.now())
      },
      signal,
    )
    return { ...token, fingerprint: identity }
  },
})

function readKey(text: string): { email: string; keyId: string; privateKey: string } {
  const what = 'reading gcpServiceAccountKey'
  let key: unknown
  try {
    const isPlain = text.trimStart().startsWith('{')
    key = JSON.parse(isPlain ? text : Buffer.from(text, 'base64').toString('utf8'))
  } catch {
    key = undefined
  }
  if (!isJsonObject(key)) {
    throw new GantryError('Invalid', `${what} failed: it is no JSON key of a service account`)
  }
  return {
    email: textIn(key, 'client_email', what),
    keyId: textIn(key, 'private_key_id', what),
    privateKey: textIn(key, 'private_key', what),
  }
}
