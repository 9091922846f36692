import type { MiddlewareHandler } from 'hono'
import { GantryError } from '../core/errors.ts'

/**
 * What every request passes before anything else looks at it: a Host that is ours (a rebound name gets nothing), an
 * Origin that is ours (another page gets nothing), and on writes a header that no form and no image can send.
 */
export interface ProtectOptions {
  /** Host names that this server answers to, without port, lower case. */
  readonly hosts: ReadonlySet<string>
}

/** The header that writes carry when they have no Authorization header. Any value will do. */
const requestHeader = 'x-gantry-request'

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export function protect(options: ProtectOptions): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host')
    if (host === undefined || !options.hosts.has(hostName(host))) {
      throw new GantryError(
        'Forbidden',
        `this server does not answer to the host name ${JSON.stringify(host ?? '')}`,
      )
    }
    const origin = context.req.header('origin')
    if (origin !== undefined && !isSameOrigin(origin, host)) {
      throw new GantryError('Forbidden', 'requests from pages of another origin are refused')
    }
    const site = context.req.header('sec-fetch-site')
    if (site === 'cross-site' && !isNavigation(context.req.raw)) {
      throw new GantryError('Forbidden', 'requests from pages of another site are refused')
    }
    const named = context.req.header('authorization') ?? context.req.header(requestHeader)
    if (!safeMethods.has(context.req.method) && named === undefined) {
      throw new GantryError('Forbidden', `writes need an Authorization or ${requestHeader} header`)
    }
    await next()
  }
}

/**
 * Headers that belong on every answer, also on refusals: what protects whoever reads it in a browser, and that nobody
 * keeps it unless it says so itself. Comes before everything else.
 */
export const addHeaders: MiddlewareHandler = async (context, next) => {
  await next()
  const { headers } = context.res
  for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
}

/** On every answer. The page has no inline script and loads nothing from elsewhere. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** The name in a Host header: `[::1]:8080` gives `::1`. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(host)
  if (bracketed?.[1] !== undefined) return bracketed[1].toLowerCase()
  return host.replace(/:\d+$/, '').toLowerCase()
}

function isSameOrigin(origin: string, host: string): boolean {
  const parsed = URL.parse(origin)
  return parsed !== null && parsed.host.toLowerCase() === host.toLowerCase()
}

/** Following a link from elsewhere to the page is fine; everything a page could read or trigger is not. */
function isNavigation(request: Request): boolean {
  return request.method === 'GET' && request.headers.get('sec-fetch-mode') === 'navigate'
}
