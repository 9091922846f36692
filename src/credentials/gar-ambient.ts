import { z } from 'zod'
import { hasCode } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { defineAmbientCredential, type ExchangeTools, type IssuedToken } from '../credential.ts'
import {
  askForJson,
  askService,
  NoIdentity,
  nothingAnswered,
  unlessNobody,
} from '../lib/exchange.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import { googleScope, googleToken, isGoogleRegistry } from '../lib/google.ts'

const metadataTitle = "asking Google's metadata server for a token"
const impersonationTitle = "getting a token of the Project's service account"
const flavor = { 'metadata-flavor': 'Google' }
/** On the machine itself or its host: what does not answer at once is not there. */
const metadataTimeoutMs = 3000

/**
 * Gantry's identity at Google, narrowed to the Project where there is a service account for it:
 * `kargo-project-<project>` in the Google project that Gantry runs in, else what Gantry itself may do.
 */
export default defineAmbientCredential({
  kind: 'gar-ambient',
  summary: "Gantry's own identity at Google, for images and charts in its Artifact Registry.",
  settings: z.object({
    GCE_METADATA_HOST: z
      .string()
      .optional()
      .describe('Host of the metadata server; `metadata.google.internal` when absent'),
  }),
  matches: ({ type, url }) => isGoogleRegistry(type, url),
  async resolve({ project, signal }, tools) {
    const identity = fingerprint('gar-ambient', project)
    const exchange = async (exchanging: AbortSignal): Promise<IssuedToken> => {
      const own = await ownToken(tools, exchanging)
      const googleProject = await askMetadata(tools, 'project/project-id', exchanging)
      const email = `kargo-project-${project}@${googleProject}.iam.gserviceaccount.com`
      return (await impersonate(tools, own, email, exchanging)) ?? own
    }
    const token = await unlessNobody(tools.tokens.get(identity, exchange, signal))
    return token && { ...token, fingerprint: identity }
  },
})

async function ownToken(tools: ExchangeTools, signal: AbortSignal): Promise<IssuedToken> {
  const path = 'instance/service-accounts/default/token'
  let text: string
  try {
    text = await askMetadata(tools, path, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    // Nothing answers, or no service account is attached.
    if (nothingAnswered(thrown) || hasCode(thrown, 'NotFound')) throw new NoIdentity()
    throw thrown
  }
  const token = googleToken(toObject(text), metadataTitle, tools.clock.now())
  tools.conceal(token.password)
  return token
}

function toObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

async function askMetadata(
  tools: ExchangeTools,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const host = tools.env['GCE_METADATA_HOST'] || 'metadata.google.internal'
  const url = `http://${host}/computeMetadata/v1/${path}`
  const response = await askService(
    tools.http,
    {
      title: metadataTitle,
      method: 'GET',
      url,
      headers: flavor,
      timeoutMs: metadataTimeoutMs,
      plainHttp: true,
    },
    signal,
  )
  if (response.headers['metadata-flavor'] !== 'Google') throw new NoIdentity()
  return Buffer.from(response.body).toString('utf8')
}

/** Undefined when the account is not there or Gantry may not act for it. */
async function impersonate(
  tools: ExchangeTools,
  own: IssuedToken,
  email: string,
  signal: AbortSignal,
): Promise<IssuedToken | undefined> {
  const account = `projects/-/serviceAccounts/${encodeURIComponent(email)}`
  const step = {
    title: impersonationTitle,
    url: `https://iamcredentials.googleapis.com/v1/${account}:generateAccessToken`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${own.password}` },
    body: JSON.stringify({ scope: [googleScope], lifetime: '3600s' }),
  }
  try {
    const answer = await askForJson(tools.http, step, signal)
    return googleToken(answer, impersonationTitle, tools.clock.now())
  } catch (thrown) {
    if (hasCode(thrown, 'Forbidden', 'NotFound')) return undefined
    throw thrown
  }
}
