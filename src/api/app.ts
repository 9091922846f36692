import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Actor } from '../core/actor.ts'
import { GantryError } from '../core/errors.ts'
import type { Authenticator } from './auth.ts'
import { isReadableProject } from './access.ts'
import { readBody } from './body.ts'
import { openApiDocument } from './openapi.ts'
import type { Access, Answer, ServerSentEvent } from './operation.ts'
import type { ApiParts } from './parts.ts'
import { toProblem } from './problem.ts'
import { protect } from './protect.ts'
import { operations } from './routes/index.ts'

export interface AppOptions {
  readonly parts: ApiParts
  readonly auth: Authenticator
  /** Host names that this server answers to, without port. */
  readonly hosts: ReadonlySet<string>
  /** Aborts when the server is about to stop: event streams end at once. */
  readonly stopping?: AbortSignal | undefined
  /** Serves the page for every path that no operation has; absent in tests of the API alone. */
  readonly page?: ((path: string) => Promise<Response | undefined>) | undefined
}

const keepAliveMs = 30_000
const publicActor: Actor = { id: 'unknown actor', controlPlane: false, superuser: false }

/** The whole HTTP surface: protections, sign-in, operations, page. */
export function createApp(options: AppOptions): Hono {
  const { parts, auth } = options
  const app = new Hono()

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
  app.use('*', protect({ hosts: options.hosts }))
  app.use('*', async (_context, next) => {
    const failure = parts.failure()
    if (failure !== undefined) throw new GantryError('Unavailable', failure.message)
    await next()
  })

  for (const operation of operations) {
    app.on(operation.method, operation.path, async (context) => {
      const actor =
        operation.access === 'public'
          ? publicActor
          : await auth.authenticate(context.req.raw.headers)
      const params = context.req.param()
      const query = new URL(context.req.url).searchParams
      await checkAccess(parts, actor, operation.access, params, query)
      const leaving = new AbortController()
      const signals = [context.req.raw.signal, leaving.signal, options.stopping]
      const answer = await operation.handle({
        method: operation.method,
        actor,
        params,
        query,
        body: await readBody(context.req.raw, operation.body),
        headers: context.req.raw.headers,
        signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
        parts,
      })
      return respond(context, answer, leaving)
    })
  }
  addSessionRoutes(app, auth)
  const document = openApiDocument(operations, parts.version.version)
  app.get('/v1beta1/openapi.json', async (context) => {
    await auth.authenticate(context.req.raw.headers)
    return context.json(document)
  })
  app.all('/v1beta1/*', (context) => {
    throw new GantryError(
      'NotFound',
      `there is no operation ${context.req.method} ${context.req.path}`,
    )
  })
  app.get(
    '*',
    async (context) => (await options.page?.(context.req.path)) ?? context.text('not found', 404),
  )
  app.all('*', (context) => context.json({ error: 'method not allowed', code: 'BadRequest' }, 405))
  return app
}

/** Without read rights on a Project everything in it is 404; with them, a missing right is 403. */
async function checkAccess(
  parts: ApiParts,
  actor: Actor,
  access: Access,
  params: Readonly<Record<string, string>>,
  query: URLSearchParams,
): Promise<void> {
  if (access === 'public' || access === 'signed-in') return
  const project = params['project']
  if (project !== undefined && !(await isReadableProject(parts, actor, project))) {
    throw new GantryError('NotFound', `project ${JSON.stringify(project)} not found`)
  }
  if (access === 'project-reader') return
  const name = nameOf(access, params, query)
  const request = {
    verb: access.verb,
    group: access.group ?? 'kargo.akuity.io',
    resource: access.resource,
    // The Project itself lives in no namespace.
    namespace: access.resource === 'projects' ? undefined : project,
    name,
  }
  if (await parts.authorize(actor, request)) return
  const target = [access.resource, name].filter((part) => part !== undefined).join(' ')
  throw new GantryError(
    'Forbidden',
    `${actor.id} may not ${access.verb} ${target}${project === undefined ? '' : ` in project ${project}`}`,
  )
}

function nameOf(
  access: Exclude<Access, string>,
  params: Readonly<Record<string, string>>,
  query: URLSearchParams,
): string | undefined {
  if (access.nameQuery !== undefined) return query.get(access.nameQuery) ?? ''
  return access.name === undefined ? undefined : params[access.name]
}

function respond(context: Context, answer: Answer, leaving: AbortController): Response {
  switch (answer.type) {
    case 'json':
      return new Response(JSON.stringify(answer.body), {
        status: answer.status,
        headers: {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          ...answer.headers,
        },
      })
    case 'text':
      return new Response(answer.body, {
        status: answer.status,
        headers: { 'content-type': answer.contentType },
      })
    case 'empty':
      return new Response(null, {
        status: answer.status,
        ...(answer.headers && { headers: answer.headers }),
      })
    case 'events':
      context.header('x-accel-buffering', 'no')
      return streamSSE(context, async (stream) => {
        stream.onAbort(() => leaving.abort())
        const keepAlive = setInterval(() => void stream.write(': keepalive\n\n'), keepAliveMs)
        keepAlive.unref()
        try {
          for await (const event of answer.events) {
            if (stream.aborted) return
            await stream.write(formatEvent(event))
          }
        } finally {
          clearInterval(keepAlive)
        }
      })
  }
}

function formatEvent({ event, id, data }: ServerSentEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(data === undefined ? [] : data.split('\n').map((line) => `data: ${line}`)),
  ]
  return `${lines.join('\n')}\n\n`
}

/** The browser's way in and out: a one-time link or the admin token becomes a cookie that scripts cannot read. */
function addSessionRoutes(app: Hono, auth: Authenticator): void {
  app.get('/session', async (context) => {
    const cookie = await auth.redeem(context.req.query('code') ?? '')
    return new Response(null, { status: 303, headers: { location: '/', 'set-cookie': cookie } })
  })
  app.post('/session', async (context) => {
    const body: unknown = await readBody(context.req.raw, { type: 'json', maxBytes: 4096 })
    const code =
      typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : ''
    return new Response(null, { status: 204, headers: { 'set-cookie': await auth.redeem(code) } })
  })
  app.delete('/session', async (context) => {
    await auth.logout(context.req.raw.headers)
    return new Response(null, {
      status: 204,
      headers: { 'set-cookie': 'gantry_session=; Path=/; Max-Age=0' },
    })
  })
}
