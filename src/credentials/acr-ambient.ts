import { ociHost } from '../core/repo-url.ts'
import { defineAmbientCredential, type ExchangeTools, type IssuedToken } from '../credential.ts'
import { azureVariables, fetchEntraToken, tenantOf } from '../lib/entra.ts'
import { askForJson, formBody, textIn, unlessNobody } from '../lib/exchange.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import { expiryOf } from '../lib/signed-jwt.ts'
import { variablesSchema } from '../lib/variables-schema.ts'

const title = 'exchanging it for a token of the registry'
/** The same in every cloud. Tokens for the resource manager are refused where a registry says so. */
const audience = 'https://containerregistry.azure.net'
/** What the registry wants as a user name beside such a token. */
const nobody = '00000000-0000-0000-0000-000000000000'
/** When the token does not say how long it lives. */
const defaultLifeMs = 150 * 60_000

/** Where tokens are issued, by the suffix of the registry's host. */
const authorities = {
  '.azurecr.io': 'https://login.microsoftonline.com/',
  '.azurecr.cn': 'https://login.chinacloudapi.cn/',
  '.azurecr.us': 'https://login.microsoftonline.us/',
} as const

/** Gantry's identity at Azure. The registry knows Gantry, not the Project: its rights are those of all Projects. */
export default defineAmbientCredential({
  kind: 'acr-ambient',
  summary: "Gantry's own identity at Azure, for images and charts in its Container Registry.",
  settings: variablesSchema(azureVariables),
  matches: ({ type, url }) => authorityOf(ociHost(type, url)) !== undefined,
  async resolve({ type, url, signal }, tools) {
    const registry = ociHost(type, url)
    const authority = authorityOf(registry)
    if (registry === undefined || authority === undefined) return undefined
    const identity = fingerprint('acr-ambient', registry, tools.env['AZURE_CLIENT_ID'] ?? '')
    const token = await unlessNobody(
      tools.tokens.get(
        identity,
        (exchanging) => exchange(tools, registry, authority, exchanging),
        signal,
      ),
    )
    return token && { ...token, fingerprint: identity }
  },
})

async function exchange(
  tools: ExchangeTools,
  registry: string,
  authority: string,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const accessToken = await fetchEntraToken(tools, { audience, authority }, signal)
  const tenant = tools.env['AZURE_TENANT_ID'] || tenantOf(accessToken)
  const answer = await askForJson(
    tools.http,
    {
      title,
      url: `https://${registry}/oauth2/exchange`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: formBody({
        grant_type: 'access_token',
        service: registry,
        ...(tenant !== undefined && { tenant }),
        access_token: accessToken,
      }),
    },
    signal,
  )
  const password = textIn(answer, 'refresh_token', title)
  const expiresAt = expiryOf(password) ?? tools.clock.now() + defaultLifeMs
  return { username: nobody, password, expiresAt }
}

function authorityOf(host: string | undefined): string | undefined {
  for (const [suffix, authority] of Object.entries(authorities)) {
    const isThere = host?.endsWith(suffix) && /^[a-z0-9-]+$/u.test(host.slice(0, -suffix.length))
    if (isThere) return authority
  }
  return undefined
}
