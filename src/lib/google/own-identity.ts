import { GantryError, hasCode } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { ExchangeTools, IssuedToken } from '../../credential.ts'
import { askService, NoIdentity, nothingAnswered } from '../exchange.ts'
import { externalAccountToken } from './external-account.ts'
import { parseKeyFile, serviceAccountKey, serviceAccountToken } from './service-account.ts'
import { googleToken } from './token.ts'

/** What Gantry may be found to be by at Google; the names are those of Google's libraries. */
export const googleVariables = {
  GOOGLE_APPLICATION_CREDENTIALS:
    "A file with the key of a service account, or with an external account (workload identity federation); the metadata server's word when absent",
  GOOGLE_CLOUD_PROJECT:
    "The Google project that holds the Projects' service accounts; the one that Gantry's own identity is in when absent",
  GCE_METADATA_HOST: 'Host of the metadata server; `metadata.google.internal` when absent',
} as const

export interface GoogleIdentity {
  readonly token: IssuedToken
  /** The Google project in which Projects have their service accounts, where one is known. */
  readonly project: string | undefined
}

/** Gantry's own identity at Google: of the file that the environment names, else of the machine. */
export async function findGoogleIdentity(
  tools: ExchangeTools,
  signal: AbortSignal,
): Promise<GoogleIdentity> {
  const project = tools.env['GOOGLE_CLOUD_PROJECT'] || undefined
  const path = tools.env['GOOGLE_APPLICATION_CREDENTIALS']
  if (!path) {
    const token = await machineToken(tools, signal)
    return { token, project: project ?? (await askMetadata(tools, 'project/project-id', signal)) }
  }
  const file = parseKeyFile(await tools.readFile(path))
  switch (file?.['type']) {
    case 'service_account': {
      const name = 'GOOGLE_APPLICATION_CREDENTIALS'
      const key = serviceAccountKey(file, name)
      const token = await serviceAccountToken(tools, key, name, signal)
      return { token, project: project ?? projectOf(key.email) }
    }
    case 'external_account': {
      const token = await externalAccountToken(tools, file, signal)
      const address = file[impersonated]
      return { token, project: project ?? projectOf(typeof address === 'string' ? address : '') }
    }
    default:
      throw new GantryError(
        'Invalid',
        'GOOGLE_APPLICATION_CREDENTIALS names a file that holds neither a service_account nor an external_account',
      )
  }
}

const impersonated = 'service_account_impersonation_url'

/** The Google project in the address of a service account, or in a URL that holds one. */
function projectOf(text: string): string | undefined {
  return /(?:@|%40)([a-z][a-z0-9-]*)\.iam\.gserviceaccount\.com/u.exec(text)?.[1]
}

const title = "asking Google's metadata server for a token"
const flavor = { 'metadata-flavor': 'Google' }
/** On the machine itself or its host: what does not answer at once is not there. */
const timeoutMs = 3000

async function machineToken(tools: ExchangeTools, signal: AbortSignal): Promise<IssuedToken> {
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
  const token = googleToken(toObject(text), title, tools.clock.now())
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
  { env, http }: ExchangeTools,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const host = env['GCE_METADATA_HOST'] || 'metadata.google.internal'
  const url = `http://${host}/computeMetadata/v1/${path}`
  const step = { title, method: 'GET', url, headers: flavor, timeoutMs, plainHttp: true } as const
  const response = await askService(http, step, signal)
  if (response.headers['metadata-flavor'] !== 'Google') throw new NoIdentity()
  return Buffer.from(response.body).toString('utf8')
}
