import type { IssuedToken, RepoType } from '../../core/credential.ts'
import { GantryError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { ociHost } from '../../core/repo-url.ts'
import type { ExchangeTools } from '../../credential.ts'
import { askForJson } from '../exchange.ts'
import { endpointOf } from './endpoint.ts'
import { type AwsKeys, signV4 } from './sigv4.ts'

/** A registry of ECR, as its host names it. */
export type EcrRegistry =
  | { readonly isPublic: false; readonly account: string; readonly region: string }
  /** The one that everybody shares. */
  | { readonly isPublic: true; readonly region: string }

const hostPattern =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z]{2,5}(?:-[a-z]+)+-\d)\.(?:amazonaws\.(?:com|com\.cn|eu)|on\.aws|on\.amazonwebservices\.com\.cn)$/u

const publicHosts = new Set(['public.ecr.aws', 'ecr-public.aws.com'])
/** Where the public registry's tokens are issued, whatever region is asked for. */
const publicRegion = 'us-east-1'

/** The registry that an image or a chart is in; undefined when it is not ECR's. */
export function ecrRegistryOf(type: RepoType, url: string): EcrRegistry | undefined {
  const host = ociHost(type, url) ?? ''
  if (publicHosts.has(host)) return { isPublic: true, region: publicRegion }
  const [, account, region] = hostPattern.exec(host) ?? []
  if (account === undefined || region === undefined) return undefined
  return { isPublic: false, account, region }
}

const title = 'getting a token from ECR'

const apis = {
  private: {
    service: 'ecr',
    endpoint: 'api.ecr',
    target: 'AmazonEC2ContainerRegistry_V20150921',
  },
  public: { service: 'ecr-public', endpoint: 'api.ecr-public', target: 'SpencerFrontendService' },
} as const

/** GetAuthorizationToken: a password for every registry that the identity may use, or for the public one. */
export async function fetchEcrToken(
  tools: ExchangeTools,
  keys: AwsKeys,
  { isPublic, region }: Pick<EcrRegistry, 'isPublic' | 'region'>,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const { service, endpoint, target } = apis[isPublic ? 'public' : 'private']
  const url = endpointOf(tools.env, endpoint, region)
  const body = '{}'
  const headers = signV4(keys, {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${target}.GetAuthorizationToken`,
    },
    body,
    service,
    region,
    nowMs: tools.clock.now(),
  })
  const answer = await askForJson(tools.http, { title, url, headers, body }, signal)
  // The public registry's is one, the others' is a list.
  const [data] = [answer['authorizationData']].flat()
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
