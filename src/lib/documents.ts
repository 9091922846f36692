import { createHash } from 'node:crypto'
import { sleep, type Clock } from '../core/clock.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import type { DocumentCapability, DocumentRequest } from '../core/documents.ts'
import type { HttpCapability, HttpResponse } from '../core/http.ts'
import type { Json } from '../core/json.ts'
import type { YamlReader } from '../core/yaml.ts'
import { basicHeader } from './basic-header.ts'
import { LruMap } from './lru-map.ts'
import { createPace, type Customer, type Pace } from './pace.ts'
import { createSingleFlight } from './single-flight.ts'

export interface DocumentsOptions {
  readonly http: HttpCapability
  readonly clock: Clock
  readonly yaml: YamlReader
  /** Shared with whoever else asks the same hosts; default: its own, for 20 requests a second. */
  readonly pace?: Pace | undefined
  /** What is remembered of all documents, in characters of JSON; default 64 million. */
  readonly maxRemembered?: number | undefined
}

const timeoutMs = 60_000
const attempts = 3
const firstRetryMs = 300

interface Remembered {
  readonly value: Json
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** Monotonic. */
  readonly askedAt: number
}

/** One for the whole process: its memory is what spares requests. */
export function createDocuments(options: DocumentsOptions): DocumentCapability {
  const { http, clock, yaml, pace = createPace({ clock }), maxRemembered = 64_000_000 } = options
  const remembered = new LruMap<Remembered>(maxRemembered)
  const flights = createSingleFlight<Json>(() => clock.monotonic())

  const once = async (
    request: DocumentRequest,
    known: Remembered | undefined,
  ): Promise<readonly [response: HttpResponse, value: () => Json | Promise<Json>]> => {
    const { url, accept, credential } = request
    const pass = request.reader.start()
    const response = await http.fetch(url, {
      method: 'GET',
      headers: {
        ...request.headers,
        accept,
        'accept-encoding': 'gzip',
        ...(credential !== undefined && { authorization: basicHeader(credential) }),
        ...(known?.etag !== undefined && { 'if-none-match': known.etag }),
        ...(known?.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
      },
      timeoutMs,
      maxBytes: request.maxBytes,
      insecureSkipTLSVerify: request.insecureSkipTLSVerify,
      carriesCredential: credential !== undefined,
      onBody: (piece) => pass.push(piece),
      meter: request.meter,
      signal: request.signal,
    })
    return [response, () => pass.endLater?.(yaml, request.signal) ?? pass.end()]
  }

  const settle = async (request: DocumentRequest, key: string): Promise<Json> => {
    const customer: Customer = {
      host: new URL(request.url).host,
      who: request.credential?.fingerprint ?? 'anonymous',
      meter: request.meter,
    }
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === attempts
      await pace.turn(customer, request.signal)
      const askedAt = clock.monotonic()
      const known = remembered.get(key)
      try {
        const [response, value] = await named(request, () => once(request, known))
        if (pace.learn(customer, response)) {
          if (isLast) throw limited(request, pace.retryAfterMs(customer))
          continue
        }
        if (response.status === 304 && known !== undefined) {
          remembered.set(key, { ...known, askedAt }, weightOf(known.value))
          return known.value
        }
        if (response.status === 200) {
          const fresh = await named(request, async () => value())
          const { etag } = response.headers
          const lastModified = settledDate(response)
          remembered.set(key, { value: fresh, etag, lastModified, askedAt }, weightOf(fresh))
          return fresh
        }
        throw failure(request, response)
      } catch (thrown) {
        if (isLast || !hasCode(thrown, 'Unreachable')) throw thrown
      }
      await sleep(clock, firstRetryMs * 2 ** (attempt - 1), request.signal)
    }
  }

  return {
    async read(request) {
      const { since, signal } = request
      const key = keyOf(request)
      const known = since === undefined ? undefined : remembered.get(key)
      if (known !== undefined && since !== undefined && known.askedAt >= since) return known.value
      return flights.run({ key, since, signal }, () => settle(request, key))
    },
  }
}

/**
 * `Last-Modified`, where it tells one version from the next: it has whole seconds, so a document that was sent in the
 * very second of its change may change again under the same date.
 */
function settledDate({ headers }: HttpResponse): string | undefined {
  const { 'last-modified': lastModified, date } = headers
  if (lastModified === undefined || date === undefined) return undefined
  return Date.parse(date) - Date.parse(lastModified) >= 1000 ? lastModified : undefined
}

/** Everything that an answer may depend on: nothing that one credential or view of TLS read is shown to another. */
function keyOf({
  url,
  accept,
  headers,
  credential,
  insecureSkipTLSVerify,
  reader,
}: DocumentRequest) {
  const parts = [
    url,
    accept,
    Object.entries(headers ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    credential?.fingerprint ?? '',
    insecureSkipTLSVerify,
    reader.name,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

function weightOf(value: Json): number {
  return JSON.stringify(value).length + 1024
}

const codes = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [410, 'NotFound'],
] as const)

/** What the document is and how large it may be is said without an address by who looks at it. */
async function named<T>({ url }: DocumentRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!hasCode(thrown, 'Invalid', 'TooLarge')) throw thrown
    const { origin, pathname } = new URL(url)
    throw new GantryError(thrown.code, `cannot read ${origin}${pathname}: ${thrown.message}`, {
      cause: thrown,
    })
  }
}

function limited({ url }: DocumentRequest, retryAfterMs: number): GantryError {
  const { origin, pathname } = new URL(url)
  const message = `cannot read ${origin}${pathname}: ${origin} limits requests`
  return new GantryError('RateLimited', message, { retryAfterMs })
}

function failure({ url, credential }: DocumentRequest, { status }: HttpResponse): GantryError {
  const { origin, pathname } = new URL(url)
  const code = codeOf(status)
  const hint =
    code === 'Unauthorized'
      ? credential === undefined
        ? ', and no Secret fits this address'
        : ', it refused the credential found for this address'
      : ''
  return new GantryError(code, `cannot read ${origin}${pathname}: it answered ${status}${hint}`)
}

function codeOf(status: number) {
  for (const [known, code] of codes) if (known === status) return code
  return status >= 500 ? 'Unreachable' : 'Invalid'
}
