import { type Context, Hono } from 'hono'
import type { Actor } from '../core/actor.ts'
import { GantryError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { networks } from '../lib/networks.ts'
import { type Authenticator, sessionCookie } from './auth.ts'
import { readBody } from './body.ts'
import { checkAccess } from './check-access.ts'
import { clientAddress } from './client-address.ts'
import { openApiDocument } from './openapi.ts'
import type { ApiParts } from './parts.ts'
import { toProblem } from './problem.ts'
import { addHeaders, protect } from './protect.ts'
import { respond } from './respond.ts'
import { endWhenRefused } from './revocation.ts'
import { operations } from './routes/index.ts'

export interface AppOptions {
  readonly parts: ApiParts
  readonly auth: Authenticator
  /** Host names that this server answers to, without port. */
  readonly hosts: ReadonlySet<string>
  /** Networks of proxies that tell where a request comes from (`X-Forwarded-For`). */
  readonly trustedProxies?: readonly string[] | undefined
  /** Aborts when the server is about to stop: event streams end at once. */
  readonly stopping?: AbortSignal | undefined
  /** Serves the page for every path that no operation has; absent in tests of the API alone. */
  readonly page?: ((path: string, encodings: string) => Promise<Response | undefined>) | undefined
}

interface AppEnv {
  /** What is known of a request's connection. */
  Bindings: { readonly address?: string | undefined }
}
export type App = Hono<AppEnv>

const publicActor: Actor = { id: 'unknown actor', controlPlane: false, superuser: false }

/** The whole HTTP surface: protections, sign-in, operations, page. */
export function createApp(options: AppOptions): App {
  const { parts, auth } = options
  const app: App = new Hono<AppEnv>()
  const proxies = networks(options.trustedProxies ?? [])

  app.onError((thrown, context) => {
    const { status, problem, error } = toProblem(thrown, parts.redactor)
    const { code, message, stack } = error
    const fields = { path: context.req.path, method: context.req.method, status, code }
    if (code === 'Internal') parts.log.error('request failed', { ...fields, error: message, stack })
    else if (status >= 500) parts.log.warn('request failed', { ...fields, error: message })
    else parts.log.debug('request refused', fields)
    const headers: Record<string, string> =
      error.retryAfterMs === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(error.retryAfterMs / 1000)) }
    return new Response(JSON.stringify(problem), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    })
  })
  app.use('*', addHeaders)
  app.use('*', protect({ hosts: options.hosts }))
  app.use('*', async (_context, next) => {
    const failure = parts.failure()
    if (failure !== undefined) throw new GantryError('Unavailable', failure.message)
    await next()
  })

  for (const operation of operations) {
    app.on(operation.method, operation.path, async (context) => {
      const { headers } = context.req.raw
      const target = {
        params: context.req.param(),
        query: new URL(context.req.url).searchParams,
      }
      const admit = async (): Promise<Actor> => {
        const actor = operation.access === 'public' ? publicActor : await auth.authenticate(headers)
        await checkAccess(parts, actor, operation.access, target)
        return actor
      }
      const actor = await admit()
      const leaving = new AbortController()
      const signal = AbortSignal.any([
        context.req.raw.signal,
        leaving.signal,
        ...(options.stopping ? [options.stopping] : []),
      ])
      const body = await readBody(context.req.raw, operation.body)
      const { method } = operation
      const answer = await operation.handle({
        ...target,
        method,
        actor,
        body,
        headers,
        address: clientAddress(context.env?.address ?? '', headers.get('x-forwarded-for'), proxies),
        signal,
        parts,
      })
      if (answer.type === 'events') {
        void endWhenRefused(parts.clock, leaving, signal, async () => {
          await admit()
          await answer.admit?.()
        })
      }
      return respond(context, answer, { clock: parts.clock, leaving })
    })
  }
  addSessionRoutes(app, auth)
  // Made when it is asked for first: it would be a tenth of an empty start.
  let document: JsonObject | undefined
  app.get('/v1beta1/openapi.json', async (context) => {
    await auth.authenticate(context.req.raw.headers)
    document ??= openApiDocument(operations, parts.version.version)
    return context.json(document)
  })
  app.all('/v1beta1/*', (context) => {
    const { method, path } = context.req
    const allowed = methodsOf(path)
    if (allowed.length > 0) return refuseMethod(context, allowed)
    throw new GantryError('NotFound', `there is no operation ${method} ${path}`)
  })
  app.get(
    '*',
    async (context) =>
      (await options.page?.(context.req.path, context.req.header('accept-encoding') ?? '')) ??
      context.text('not found', 404),
  )
  app.all('*', (context) => refuseMethod(context, ['GET']))
  return app
}

const patterns = operations.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
}))

/** The methods of the operations that have this path. */
function methodsOf(path: string): readonly string[] {
  return patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
}

function refuseMethod(context: Context, allowed: readonly string[]): Response {
  const allow = allowed.join(', ')
  const { method, path } = context.req
  const error = new GantryError('MethodNotAllowed', `${path} takes ${allow}, not ${method}`)
  return Response.json(
    { error: error.message, code: error.code },
    { status: error.http, headers: { allow } },
  )
}

/** The browser's way in and out: a one-time link or the admin token becomes a cookie that scripts cannot read. */
function addSessionRoutes(app: App, auth: Authenticator): void {
  app.get('/session', async (context) => {
    // Whoever only looks whether the link leads anywhere does not use it up.
    if (context.req.method === 'HEAD') return new Response(null, { status: 204 })
    const cookie = await auth.redeem(context.req.query('code') ?? '', context.req.raw.headers)
    return new Response(null, { status: 303, headers: { location: '/', 'set-cookie': cookie } })
  })
  app.post('/session', async (context) => {
    const body: unknown = await readBody(context.req.raw, { type: 'json', maxBytes: 4096 })
    const code =
      typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : ''
    const cookie = await auth.redeem(code, context.req.raw.headers)
    return new Response(null, { status: 204, headers: { 'set-cookie': cookie } })
  })
  app.delete('/session', async (context) => {
    await auth.logout(context.req.raw.headers)
    return new Response(null, {
      status: 204,
      headers: { 'set-cookie': `${sessionCookie}=; Path=/; Max-Age=0` },
    })
  })
}
