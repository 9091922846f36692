import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { asGantryError, GantryError, hasCode } from '../../core/errors.ts'
import { toProblem } from '../problem.ts'
import { createDeliverer } from './deliver.ts'
import { createDeliveryLog, type DeliveryLog } from './delivery-log.ts'
import { findReceiver, type FoundReceiver } from './find-receiver.ts'
import { defaultWebhookLimits, type WebhookAnswer, type WebhookParts } from './parts.ts'
import { createRate } from './rate.ts'
import { receiveBody } from './receive-body.ts'

/** Serves webhook receivers, and nothing else: no page, no API, and none of their protections. */
export interface WebhookServer {
  /** Answers what is under `/webhooks/`; false when the request is for something else. */
  handleMounted(incoming: IncomingMessage, outgoing: ServerResponse): boolean
  /** Answers everything: receivers with or without `/webhooks`, `/healthz`, and 404. */
  handleAlone(incoming: IncomingMessage, outgoing: ServerResponse): void
  counts: DeliveryLog['counts']
  stop(): void
}

/** Where receivers are on the address that everything else is on. */
export const webhooksMount = '/webhooks'

export function createWebhookServer(parts: WebhookParts): WebhookServer {
  const { clock } = parts
  const limits = { ...defaultWebhookLimits, ...parts.limits }
  const log = createDeliveryLog(parts)
  const deliverer = createDeliverer(parts, limits, log)
  const rate = createRate(clock, limits.perSecond, limits.burst)
  const busy = new Map<string, number>()
  let atWork = 0

  /** Whether there is room for one more; said by throwing when there is not. */
  const enter = (path: string): (() => void) => {
    const own = busy.get(path) ?? 0
    if (atWork >= limits.maxConcurrent) {
      throw new GantryError('Unavailable', 'too many deliveries at a time', { retryAfterMs: 1000 })
    }
    const waitMs = own >= limits.maxConcurrentPerReceiver ? 1000 : rate.take(path)
    if (waitMs !== undefined) {
      const why = 'this receiver gets more deliveries than it takes'
      throw new GantryError('RateLimited', why, { retryAfterMs: waitMs })
    }
    atWork += 1
    busy.set(path, own + 1)
    return () => {
      atWork -= 1
      const left = (busy.get(path) ?? 1) - 1
      if (left === 0) busy.delete(path)
      else busy.set(path, left)
    }
  }

  const receive = async (
    incoming: IncomingMessage,
    url: URL,
    path: string,
  ): Promise<WebhookAnswer> => {
    if (!parts.ready())
      throw new GantryError('Unavailable', 'still starting', { retryAfterMs: 1000 })
    const found = findReceiver(parts, path)
    if (found === undefined) throw new GantryError('NotFound', 'not found')
    const since = clock.monotonic()
    const from = incoming.socket.remoteAddress ?? ''
    let leave: (() => void) | undefined
    try {
      leave = enter(path)
      const body = await receiveBody(incoming, clock, limits)
      const query = listsOf(url.searchParams)
      const headers = headersOf(incoming)
      return await deliverer.deliver(found, { headers, query, body, now: clock.now(), from })
    } catch (thrown) {
      await logRefusal(found, thrown, from, clock.monotonic() - since)
      throw thrown
    } finally {
      leave?.()
    }
  }

  const logRefusal = async (
    found: FoundReceiver,
    thrown: unknown,
    from: string,
    durationMs: number,
  ): Promise<void> => {
    const outcome = hasCode(thrown, 'TooLarge')
      ? 'too-large'
      : hasCode(thrown, 'Timeout', 'Canceled')
        ? 'too-slow'
        : 'rate-limited'
    const { message } = asGantryError(thrown)
    const status = statusOf(thrown)
    await log.add(found, { outcome, status, message, from, durationMs: Math.round(durationMs) })
  }

  const handle = (incoming: IncomingMessage, outgoing: ServerResponse, url: URL, path: string) => {
    receive(incoming, url, path)
      .catch((thrown: unknown): WebhookAnswer => {
        const { problem, error } = toProblem(thrown, parts.redactor)
        if (error.code === 'Internal')
          parts.log.error('webhook failed', { path: url.pathname, error: error.message })
        return { status: statusOf(thrown), body: problem, retryAfterMs: error.retryAfterMs }
      })
      .then((answer) => send(incoming, outgoing, answer))
      .catch(() => outgoing.destroy())
  }

  return {
    handleMounted(incoming, outgoing) {
      const url = urlOf(incoming)
      if (url === undefined || !url.pathname.startsWith(`${webhooksMount}/`)) return false
      handle(incoming, outgoing, url, url.pathname.slice(webhooksMount.length))
      return true
    },
    handleAlone(incoming, outgoing) {
      const url = urlOf(incoming)
      if (url === undefined) {
        send(incoming, outgoing, { status: 400, body: { error: 'malformed address' } })
      } else if (url.pathname === '/healthz') {
        outgoing.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n')
      } else {
        const isMounted = url.pathname.startsWith(`${webhooksMount}/`)
        handle(incoming, outgoing, url, url.pathname.slice(isMounted ? webhooksMount.length : 0))
      }
    },
    counts: () => log.counts(),
    stop: () => deliverer.stop(),
  }
}

/** A slow sender is at fault itself: 408, not 504. */
function statusOf(thrown: unknown): number {
  return hasCode(thrown, 'Timeout') ? 408 : asGantryError(thrown).http
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, answer: WebhookAnswer): void {
  const { status, body, retryAfterMs } = answer
  const text = JSON.stringify(body)
  const headers: OutgoingHttpHeaders = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  }
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
  // What is left of a body that nobody reads must not be taken for the next request.
  if (!incoming.complete) headers['connection'] = 'close'
  outgoing.writeHead(status, headers).end(text)
}

/** Only path and query mean anything: whatever host a request claims, it reaches receivers only. */
function urlOf(incoming: IncomingMessage): URL | undefined {
  const target = incoming.url ?? ''
  return target.startsWith('/') ? (URL.parse(`http://receiver${target}`) ?? undefined) : undefined
}

function headersOf({ rawHeaders }: IncomingMessage): Record<string, string[]> {
  const pairs = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? '']] : [],
  )
  return collect(pairs)
}

function listsOf(params: URLSearchParams): Record<string, string[]> {
  return collect([...params])
}

function collect(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const lists = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    const list = lists.get(name) ?? []
    list.push(value)
    lists.set(name, list)
  }
  return Object.fromEntries(lists)
}
