import { GantryError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { isLoopbackHost } from '../../core/policy/find-credential.ts'
import type { ExchangeTools, IssuedToken } from '../../credential.ts'
import { askForJson, askService, formBody, textIn } from '../exchange.ts'
import { awsSubject } from './aws-subject.ts'
import { impersonate } from './impersonate.ts'
import { googleScope, googleToken } from './token.ts'

const title = "exchanging the workload's token at Google"
const reading = 'reading the external account'
const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
/** Where plain http is how a machine's own identity service speaks. */
const identityHosts = new Set(['169.254.169.254', '[fd00:ec2::254]'])

/**
 * Workload identity federation: a token that somebody else signed, exchanged for one of Google, and that for one of a
 * service account where the configuration names it (AIP-4117). The token comes from a file or from an address, or is what
 * keys of AWS sign; what would have to be run is refused.
 */
export async function externalAccountToken(
  tools: ExchangeTools,
  account: JsonObject,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const subject = await subjectToken(tools, account, signal)
  tools.conceal(subject)
  const answer = await askForJson(
    tools.http,
    {
      title,
      url: textIn(account, 'token_url', reading),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: formBody({
        grant_type: grantType,
        audience: textIn(account, 'audience', reading),
        scope: googleScope,
        requested_token_type: accessTokenType,
        subject_token_type: textIn(account, 'subject_token_type', reading),
        subject_token: subject,
      }),
    },
    signal,
  )
  const federated = googleToken(answer, title, tools.clock.now())
  tools.conceal(federated.password)
  const url = account['service_account_impersonation_url']
  if (typeof url !== 'string' || url === '') return federated
  const options = account['service_account_impersonation']
  const seconds = isJsonObject(options) ? options['token_lifetime_seconds'] : undefined
  return impersonate(
    tools,
    federated,
    {
      title: 'getting a token of the service account of the external account',
      url,
      ...(typeof seconds === 'number' && { lifeSeconds: seconds }),
    },
    signal,
  )
}

async function subjectToken(
  tools: ExchangeTools,
  account: JsonObject,
  signal: AbortSignal,
): Promise<string> {
  const source = account['credential_source']
  if (!isJsonObject(source)) throw unusable('it has no credential_source')
  if (source['environment_id'] !== undefined) {
    return awsSubject(tools, source, textIn(account, 'audience', reading), signal)
  }
  const { file, url } = source
  if (typeof file === 'string') return readSubject(await tools.readFile(file), source)
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw unusable('its credential_source has neither file nor url')
  }
  const { hostname } = new URL(url)
  const response = await askService(
    tools.http,
    {
      title: "asking for the workload's token",
      method: 'GET',
      url,
      headers: headersOf(source),
      plainHttp: identityHosts.has(hostname) || isLoopbackHost(hostname),
    },
    signal,
  )
  return readSubject(Buffer.from(response.body).toString('utf8'), source)
}

/** The token itself, or the field of a JSON object that holds it. */
function readSubject(text: string, { format }: JsonObject): string {
  if (!isJsonObject(format) || format['type'] !== 'json') {
    if (text.trim() !== '') return text.trim()
    throw unusable("the workload's token is empty")
  }
  const field = textIn(format, 'subject_token_field_name', reading)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isJsonObject(value)) return textIn(value, field, "reading the workload's token")
  throw unusable("the workload's token is not JSON, as its format says")
}

function headersOf({ headers }: JsonObject): Record<string, string> {
  if (!isJsonObject(headers)) return {}
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}

function unusable(why: string): GantryError {
  return new GantryError('Invalid', `${reading} failed: ${why}`)
}
