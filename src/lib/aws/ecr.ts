import type { IssuedToken, RepoType } from '../../core/credential.ts'
import { GantryError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { ociHost } from '../../core/repo-url.ts'
import type { ExchangeTools } from '../../credential.ts'
import { askForJson } from '../exchange.ts'
import { endpointOf } from './endpoint.ts'
import { type AwsKeys, signV4 } from './sigv4.ts'

/** A private registry of ECR, as its host names it. */
export interface EcrRegistry {
  readonly account: string
  readonly region: string
}

const hostPattern =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z]{2,5}(?:-[a-z]+)+-\d)\.(?:amazonaws\.(?:com|com\.cn|eu)|on\.aws|on\.amazonwebservices\.com\.cn)$/u

/** The registry that an image or a chart is in; undefined when it is not ECR's. */
export function ecrRegistryOf(type: RepoType, url: string): EcrRegistry | undefined {
  const [, account, region] = hostPattern.exec(ociHost(type, url) ?? '') ?? []
  return account === undefined || region === undefined ? undefined : { account, region }
}

const title = 'getting a token from ECR'

/** ECR's GetAuthorizationToken: a password for every registry that the identity may use. */
export async function fetchEcrToken(
  tools: ExchangeTools,
  keys: AwsKeys,
  region: string,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const url = endpointOf(tools.env, 'api.ecr', region)
  const body = '{}'
  const headers = signV4(keys, {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    },
    body,
    service: 'ecr',
    region,
    nowMs: tools.clock.now(),
  })
  const answer = await askForJson(tools.http, { title, url, headers, body }, signal)
  const [data] = Array.isArray(answer['authorizationData']) ? answer['authorizationData'] : []
  const token = isJsonObject(data) ? data['authorizationToken'] : undefined
  const pair = typeof token === 'string' ? Buffer.from(token, 'base64').toString('utf8') : ''
  const colon = pair.indexOf(':')
  if (!isJsonObject(data) || colon <= 0) {
    throw new GantryError('Invalid', `${title} failed: the answer has no authorizationToken`)
  }
  const expires = data['expiresAt']
  return {
    username: pair.slice(0, colon),
    password: pair.slice(colon + 1),
    expiresAt: typeof expires === 'number' ? expires * 1000 : tools.clock.now() + 10 * 3_600_000,
  }
}
