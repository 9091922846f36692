import { GantryError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ExchangeTools } from '../../credential.ts'
import { findOwnKeys } from '../aws/own-keys.ts'
import { signV4 } from '../aws/sigv4.ts'
import { textIn } from '../exchange.ts'

const reading = 'reading the external account'
const session = 'gantry'

/**
 * A request to AWS that only its sender could have signed, as Google wants to make it itself to learn who that is. It is
 * never sent from here.
 */
export async function awsSubject(
  tools: ExchangeTools,
  source: JsonObject,
  audience: string,
  signal: AbortSignal,
): Promise<string> {
  if (source['environment_id'] !== 'aws1') {
    throw new GantryError('Invalid', `${reading} failed: its environment_id is not aws1`)
  }
  const region = tools.env['AWS_REGION'] || tools.env['AWS_DEFAULT_REGION']
  if (!region) {
    throw new GantryError('Invalid', `${reading} failed: AWS_REGION does not say in which region`)
  }
  const template = textIn(source, 'regional_cred_verification_url', reading)
  const url = new URL(template.replace('{region}', region)).href
  const keys = await findOwnKeys(tools, region, session, signal)
  if (keys === undefined) {
    throw new GantryError('Unauthorized', `${reading} failed: there is no identity at AWS here`)
  }
  const headers = signV4(keys, {
    method: 'POST',
    url,
    headers: { 'x-goog-cloud-target-resource': audience },
    body: '',
    service: 'sts',
    region,
    nowMs: tools.clock.now(),
  })
  const request = {
    url,
    method: 'POST',
    headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
    body: '',
  }
  return encodeURIComponent(JSON.stringify(request))
}
