import { GantryError } from '../../core/errors.ts'
import type { ExchangeTools } from '../../credential.ts'
import { askService, formBody } from '../exchange.ts'
import { endpointOf } from './endpoint.ts'
import { type AwsKeys, signV4 } from './sigv4.ts'

const version = '2011-06-15'

/** One call to the Security Token Service; signed when there are keys. Resolves with its XML. */
async function callSts(
  tools: ExchangeTools,
  region: string,
  fields: Readonly<Record<string, string>> & { readonly Action: string },
  keys: AwsKeys | undefined,
  signal: AbortSignal,
): Promise<string> {
  const url = endpointOf(tools.env, 'sts', region)
  const body = formBody({ Version: version, ...fields })
  const plain = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const signing = { method: 'POST', url, body, service: 'sts', region, nowMs: tools.clock.now() }
  const headers = keys === undefined ? plain : signV4(keys, { ...signing, headers: plain })
  const title = `${fields.Action} of AWS`
  const response = await askService(tools.http, { title, url, headers, body }, signal)
  return Buffer.from(response.body).toString('utf8')
}

/** Keys of a role for whoever the keys belong to. Throws Forbidden when it may not be assumed. */
export async function assumeRole(
  tools: ExchangeTools,
  region: string,
  keys: AwsKeys,
  role: { readonly arn: string; readonly session: string; readonly externalId: string },
  signal: AbortSignal,
): Promise<AwsKeys> {
  const fields = {
    Action: 'AssumeRole',
    RoleArn: role.arn,
    RoleSessionName: role.session,
    ExternalId: role.externalId,
  }
  return readKeys(tools, await callSts(tools, region, fields, keys, signal), fields.Action)
}

/** Keys of a role for a token that the cluster signed (IAM roles for service accounts). */
export async function assumeRoleWithWebIdentity(
  tools: ExchangeTools,
  region: string,
  role: { readonly arn: string; readonly session: string; readonly token: string },
  signal: AbortSignal,
): Promise<AwsKeys> {
  const fields = {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: role.arn,
    RoleSessionName: role.session,
    WebIdentityToken: role.token,
  }
  return readKeys(tools, await callSts(tools, region, fields, undefined, signal), fields.Action)
}

/** The account that the keys belong to. */
export async function accountOf(
  tools: ExchangeTools,
  region: string,
  keys: AwsKeys,
  signal: AbortSignal,
): Promise<string> {
  const xml = await callSts(tools, region, { Action: 'GetCallerIdentity' }, keys, signal)
  return inXml(xml, 'Account', 'GetCallerIdentity')
}

function readKeys(tools: ExchangeTools, xml: string, action: string): AwsKeys {
  const secretAccessKey = inXml(xml, 'SecretAccessKey', action)
  const sessionToken = inXml(xml, 'SessionToken', action)
  tools.conceal(secretAccessKey)
  tools.conceal(sessionToken)
  return { accessKeyId: inXml(xml, 'AccessKeyId', action), secretAccessKey, sessionToken }
}

/** The text of an element; what these elements hold needs no unescaping but of `&`. */
function inXml(xml: string, name: string, action: string): string {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`, 'u').exec(xml)?.[1]
  if (text !== undefined) return text.trim().replaceAll('&amp;', '&')
  throw new GantryError('Invalid', `${action} of AWS failed: the answer has no ${name}`)
}
