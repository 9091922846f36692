import { z } from 'zod'
import { defineCredential } from '../credential.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import {
  parseKeyFile,
  serviceAccountKey,
  serviceAccountToken,
} from '../lib/google/service-account.ts'
import { isGoogleRegistry } from '../lib/google/token.ts'

const keyName = 'gcpServiceAccountKey'

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
      return serviceAccountKey(parseKeyFile(data[keyName] ?? ''), keyName).email
    } catch {
      return 'a key that cannot be read'
    }
  },
  async resolve({ data }, { signal }, tools) {
    const text = data[keyName] ?? ''
    const key = serviceAccountKey(parseKeyFile(text), keyName)
    const identity = fingerprint('gar', text)
    const token = await tools.tokens.get(
      identity,
      (exchanging) => serviceAccountToken(tools, key, keyName, exchanging),
      signal,
    )
    return { ...token, fingerprint: identity }
  },
})
