import { hasCode } from '../core/errors.ts'
import type { ExchangeTools } from '../credential.ts'
import { askForJson, formBody, NoIdentity, nothingAnswered, textIn } from './exchange.ts'
import { unverifiedClaims } from './signed-jwt.ts'

/** Who is to take the token, and where a cloud of Azure issues it by default. */
export interface EntraRequest {
  /** As in `https://containerregistry.azure.net`. */
  readonly audience: string
  /** As in `https://login.microsoftonline.com/`; `AZURE_AUTHORITY_HOST` wins. */
  readonly authority: string
}

/** What Gantry may be found to be by at Azure; the names are those of Microsoft's SDKs. */
export const azureVariables = {
  AZURE_TENANT_ID: 'The tenant of the identity',
  AZURE_CLIENT_ID:
    'The client id of the identity; of the managed identity where there is neither secret nor token file',
  AZURE_CLIENT_SECRET:
    "With tenant and client id: the secret of an application's service principal",
  AZURE_FEDERATED_TOKEN_FILE:
    "With tenant and client id: the file with the cluster's token (workload identity)",
  AZURE_AUTHORITY_HOST: "Where tokens are issued; the cloud's own when absent",
} as const

const entraTitle = 'getting a token from Microsoft Entra ID'
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/**
 * An access token for Gantry's own identity at Azure: of a client secret, of a federated token, else of the machine's
 * managed identity. Throws NoIdentity when there is none.
 */
export async function fetchEntraToken(
  tools: ExchangeTools,
  request: EntraRequest,
  signal: AbortSignal,
): Promise<string> {
  const { env } = tools
  const tenant = env['AZURE_TENANT_ID']
  const client = env['AZURE_CLIENT_ID']
  const proof = tenant && client ? await proofOf(tools) : undefined
  const token =
    tenant && client && proof
      ? await grantedToken(tools, request, { tenant, client, proof }, signal)
      : await managedToken(tools, request, client, signal)
  tools.conceal(token)
  return token
}

/** By which a client shows that it is who it says; undefined when there is nothing to show. */
async function proofOf(tools: ExchangeTools): Promise<Record<string, string> | undefined> {
  const secret = tools.env['AZURE_CLIENT_SECRET']
  if (secret) {
    tools.conceal(secret)
    return { client_secret: secret }
  }
  const file = tools.env['AZURE_FEDERATED_TOKEN_FILE']
  if (!file) return undefined
  const assertion = (await tools.readFile(file)).trim()
  tools.conceal(assertion)
  return { client_assertion_type: assertionType, client_assertion: assertion }
}

interface Client {
  readonly tenant: string
  readonly client: string
  readonly proof: Readonly<Record<string, string>>
}

/** The client credentials flow. */
async function grantedToken(
  { env, http }: ExchangeTools,
  { audience, authority }: EntraRequest,
  { tenant, client, proof }: Client,
  signal: AbortSignal,
): Promise<string> {
  const issuer = new URL(env['AZURE_AUTHORITY_HOST'] || authority)
  const answer = await askForJson(
    http,
    {
      title: entraTitle,
      url: new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, issuer).href,
      headers: form,
      body: formBody({
        grant_type: 'client_credentials',
        client_id: client,
        scope: `${audience}/.default`,
        ...proof,
      }),
    },
    signal,
  )
  return textIn(answer, 'access_token', entraTitle)
}

const managedTitle = "asking Azure's metadata service for a token of the managed identity"
const metadataUrl = 'http://169.254.169.254/metadata/identity/oauth2/token'
const metadataVersion = '2018-02-01'
/** On the machine's host: what does not answer at once is not there. */
const metadataTimeoutMs = 3000

/** A token of the machine's managed identity; the one that is named, or the only one that it has. */
async function managedToken(
  { http }: ExchangeTools,
  { audience }: EntraRequest,
  client: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const query = new URLSearchParams({
    'api-version': metadataVersion,
    resource: audience,
    ...(client ? { client_id: client } : {}),
  })
  const step = {
    title: managedTitle,
    method: 'GET',
    url: `${metadataUrl}?${query.toString()}`,
    headers: { metadata: 'true' },
    timeoutMs: metadataTimeoutMs,
    plainHttp: true,
  } as const
  try {
    return textIn(await askForJson(http, step, signal), 'access_token', managedTitle)
  } catch (thrown) {
    signal.throwIfAborted()
    if (nothingAnswered(thrown)) throw new NoIdentity()
    // No machine of Azure, or one without an identity. One that was named is missed.
    const isRefusal = hasCode(thrown, 'Unauthorized', 'Forbidden', 'NotFound')
    if (isRefusal && !client) throw new NoIdentity()
    throw thrown
  }
}

/** The tenant that an access token belongs to, by its own word; it is not verified. */
export function tenantOf(token: string): string | undefined {
  const { tid } = unverifiedClaims(token)
  return typeof tid === 'string' ? tid : undefined
}
