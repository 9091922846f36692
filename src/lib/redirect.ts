import type { Dispatcher } from 'undici'

/** One request of a chain of redirects. Header names are in lower case. */
export interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

/** What may go to another origin. Everything else could be a credential: `private-token`, `x-api-key`, a cookie. */
const harmless = new Set([
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'user-agent',
])

/** The request that a redirect asks for; undefined when the answer is not one that can be followed. */
export function nextHop(
  hop: Hop,
  answer: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'>,
): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.statusCode)) return undefined
  const location = [answer.headers['location'] ?? []].flat()[0]
  if (location === undefined || !URL.canParse(location, hop.url)) return undefined
  const url = new URL(location, hop.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  url.username = ''
  url.password = ''
  url.hash = ''
  const keepsBody = answer.statusCode === 307 || answer.statusCode === 308
  const keepsMethod = keepsBody || hop.method === 'GET' || hop.method === 'HEAD'
  const headers = Object.entries(hop.headers).filter(
    ([name]) =>
      (url.origin === hop.url.origin || harmless.has(name)) &&
      (keepsBody || name !== 'content-type'),
  )
  return {
    url,
    method: keepsMethod ? hop.method : 'GET',
    headers: Object.fromEntries(headers),
    body: keepsBody ? hop.body : undefined,
  }
}
