import { z } from 'zod'
import { ociHost } from '../core/repo-url.ts'
import { defineAmbientCredential, type ExchangeTools, type IssuedToken } from '../credential.ts'
import { askForJson, formBody, NoIdentity, textIn, unlessNobody } from '../lib/exchange.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import { expiryOf } from '../lib/signed-jwt.ts'

const entraTitle = 'getting a token from Microsoft Entra ID'
const exchangeTitle = 'exchanging it for a token of the registry'
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** What the registry wants as a user name beside such a token. */
const nobody = '00000000-0000-0000-0000-000000000000'
/** When the token does not say how long it lives. */
const defaultLifeMs = 150 * 60_000
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** By the suffix of the registry's host: who is to take the token, and where it is issued by default. */
const clouds = [
  {
    suffix: '.azurecr.io',
    scope: 'https://management.azure.com/.default',
    authority: 'https://login.microsoftonline.com/',
  },
  {
    suffix: '.azurecr.cn',
    scope: 'https://management.chinacloudapi.cn/.default',
    authority: 'https://login.chinacloudapi.cn/',
  },
  {
    suffix: '.azurecr.us',
    scope: 'https://management.usgovcloudapi.net/.default',
    authority: 'https://login.microsoftonline.us/',
  },
] as const

/** Gantry's workload identity at Azure. The registry knows Gantry, not the Project: its rights are those of all Projects. */
export default defineAmbientCredential({
  kind: 'acr-ambient',
  summary: "Gantry's workload identity at Azure, for images and charts in its Container Registry.",
  settings: z.object({
    AZURE_TENANT_ID: z.string().optional().describe('The tenant of the identity'),
    AZURE_CLIENT_ID: z.string().optional().describe('The client id of the identity'),
    AZURE_FEDERATED_TOKEN_FILE: z
      .string()
      .optional()
      .describe("The file with the cluster's token; without all three there is no identity"),
    AZURE_AUTHORITY_HOST: z
      .string()
      .optional()
      .describe("Where tokens are issued; the cloud's own"),
  }),
  matches: ({ type, url }) => cloudOf(ociHost(type, url)) !== undefined,
  async resolve({ type, url, signal }, tools) {
    const registry = ociHost(type, url)
    const cloud = cloudOf(registry)
    if (registry === undefined || cloud === undefined) return undefined
    const identity = fingerprint('acr-ambient', registry, tools.env['AZURE_CLIENT_ID'] ?? '')
    const token = await unlessNobody(
      tools.tokens.get(
        identity,
        (exchanging) => exchange(tools, registry, cloud, exchanging),
        signal,
      ),
    )
    return token && { ...token, fingerprint: identity }
  },
})

async function exchange(
  tools: ExchangeTools,
  registry: string,
  cloud: (typeof clouds)[number],
  signal: AbortSignal,
): Promise<IssuedToken> {
  const { env, http } = tools
  const tenant = env['AZURE_TENANT_ID']
  const client = env['AZURE_CLIENT_ID']
  const file = env['AZURE_FEDERATED_TOKEN_FILE']
  if (!tenant || !client || !file) throw new NoIdentity()
  const assertion = (await tools.readFile(file)).trim()
  tools.conceal(assertion)
  const authority = new URL(env['AZURE_AUTHORITY_HOST'] || cloud.authority)
  const entra = await askForJson(
    http,
    {
      title: entraTitle,
      url: new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, authority).href,
      headers: form,
      body: formBody({
        grant_type: 'client_credentials',
        client_id: client,
        scope: cloud.scope,
        client_assertion_type: assertionType,
        client_assertion: assertion,
      }),
    },
    signal,
  )
  const accessToken = textIn(entra, 'access_token', entraTitle)
  tools.conceal(accessToken)
  const answer = await askForJson(
    http,
    {
      title: exchangeTitle,
      url: `https://${registry}/oauth2/exchange`,
      headers: form,
      body: formBody({
        grant_type: 'access_token',
        service: registry,
        tenant,
        access_token: accessToken,
      }),
    },
    signal,
  )
  const password = textIn(answer, 'refresh_token', exchangeTitle)
  const expiresAt = expiryOf(password) ?? tools.clock.now() + defaultLifeMs
  return { username: nobody, password, expiresAt }
}

function cloudOf(host: string | undefined): (typeof clouds)[number] | undefined {
  return clouds.find(
    ({ suffix }) => host?.endsWith(suffix) && /^[a-z0-9-]+$/u.test(host.slice(0, -suffix.length)),
  )
}
