import { isIP } from 'node:net'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { request, type Dispatcher } from 'undici'
import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import type { HttpCapability, HttpInit, HttpResponse } from '../core/http.ts'
import type { RequestMeter } from '../core/meter.ts'
import type { AddressRules } from './address-rules.ts'
import { bareHost } from './bare-host.ts'
import { createDispatchers, isUnsent } from './http-dispatch.ts'
import type { ProxySettings } from './proxy.ts'
import { nextHop, type Hop } from './redirect.ts'

export interface HttpOptions {
  readonly clock: Clock
  readonly addresses: AddressRules
  /** For requests that name no proxy of their own, as the usual environment variables say it. */
  readonly proxy?: ProxySettings | undefined
  readonly userAgent?: string | undefined
}

const maxRedirects = 10

/**
 * Guarded fetch. Each hop's address is checked when it is connected to, so neither a redirect nor a name that changes
 * its mind gets around the rules; headers that could be credentials stay with the origin they were meant for.
 */
export function createHttp(options: HttpOptions): HttpCapability & { close(): Promise<void> } {
  const dispatchers = createDispatchers(options.addresses, options.proxy)

  const fetch = async (url: string, init: HttpInit): Promise<HttpResponse> => {
    const controller = new AbortController()
    const state = { isTimedOut: false }
    const abort = (): void => controller.abort()
    const cancelTimer = options.clock.after(init.timeoutMs, () => {
      state.isTimedOut = true
      abort()
    })
    init.signal.addEventListener('abort', abort, { once: true })
    if (init.signal.aborted) abort()
    let hop: Hop = firstHop(url, init, options.userAgent ?? 'gantry')
    try {
      for (let count = 0; ; count += 1) {
        await admit(hop.url, options.addresses, {
          isSecret: count === 0 && init.carriesCredential === true,
          isProxied: dispatchers.isProxied(hop.url, init),
        })
        const dispatcher = dispatchers.pick(hop.url, init)
        const response = await metered(hop, init.meter, () =>
          send(hop, dispatcher, controller.signal),
        )
        const next = init.redirect === 'manual' ? undefined : nextHop(hop, response)
        if (next === undefined) {
          return { ...(await receive(response, init)), origin: hop.url.origin }
        }
        await response.body.dump({ limit: 65_536, signal: controller.signal })
        if (count >= maxRedirects) {
          throw new GantryError(
            'Unreachable',
            `${show(hop.url)} redirects more than ${maxRedirects} times`,
          )
        }
        hop = next
      }
    } catch (thrown) {
      throw explain(thrown, hop, {
        isCanceled: init.signal.aborted,
        isTimedOut: state.isTimedOut,
        timeoutMs: init.timeoutMs,
      })
    } finally {
      cancelTimer()
      init.signal.removeEventListener('abort', abort)
    }
  }

  return { fetch, close: () => dispatchers.close() }
}

function firstHop(text: string, init: HttpInit, userAgent: string): Hop {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new GantryError('BadRequest', 'cannot send the request: its URL is not an http(s) URL')
  }
  const headers: Record<string, string> = { 'user-agent': userAgent }
  for (const [name, value] of Object.entries(init.headers)) headers[name.toLowerCase()] = value
  // It would be the name that the certificate is held against, and that a proxy or a server goes by.
  delete headers['host']
  if (url.username !== '' || url.password !== '') {
    const pair = `${decoded(url.username)}:${decoded(url.password)}`
    headers['authorization'] ??= `Basic ${Buffer.from(pair).toString('base64')}`
    url.username = ''
    url.password = ''
  }
  url.hash = ''
  return { url, method: init.method, headers, body: init.body }
}

function decoded(userInfo: string): string {
  try {
    return decodeURIComponent(userInfo)
  } catch {
    // Without the cause: it could quote what is secret.
    throw new GantryError(
      'BadRequest',
      'cannot send the request: its URL has an account with a % that begins no character, write it as %25',
    )
  }
}

/** What the connection's own check cannot see: literal addresses, proxies, and whether a credential may travel here. */
async function admit(
  url: URL,
  addresses: AddressRules,
  { isSecret, isProxied }: { readonly isSecret: boolean; readonly isProxied: boolean },
): Promise<void> {
  const host = bareHost(url.hostname)
  const isChecked = isProxied || isIP(host) !== 0
  const why = isChecked ? addresses.refusalUnresolved(host) : undefined
  if (why !== undefined) throw new GantryError('Forbidden', `refusing to reach ${host}: ${why}`)
  if (!isSecret) return
  // Where a name leads here says nothing about where it leads a proxy.
  const isSecure = isProxied ? url.protocol === 'https:' : await addresses.isSecure(url)
  if (isSecure) return
  throw new GantryError(
    'Forbidden',
    `refusing to send a credential to ${show(url)} over plain http; use https`,
  )
}

/** Counts what reached, or may have reached, the host. */
async function metered<T>(
  { url }: Hop,
  meter: RequestMeter | undefined,
  send: () => Promise<T>,
): Promise<T> {
  try {
    const response = await send()
    meter?.used(url.host)
    return response
  } catch (thrown) {
    if (!isUnsent(thrown)) meter?.used(url.host)
    throw thrown
  }
}

function send(
  hop: Hop,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  return request(hop.url, {
    method: hop.method,
    headers: hop.headers,
    body: hop.body ?? null,
    dispatcher,
    signal,
    headersTimeout: 0,
    bodyTimeout: 0,
    // A connection may serve more after a HEAD; undici would close it.
    reset: false,
  })
}

async function receive(
  response: Dispatcher.ResponseData,
  { maxBytes, onBody }: Pick<HttpInit, 'maxBytes' | 'onBody'>,
): Promise<HttpResponse> {
  const chunks: Uint8Array[] = []
  const keep =
    onBody === undefined || response.statusCode !== 200
      ? (chunk: Uint8Array) => void chunks.push(chunk)
      : onBody
  let bytes = 0
  // The bound is on what comes out of decompression: a small bomb must not become a big body.
  const collect = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > maxBytes) {
        throw new GantryError('TooLarge', `the response is larger than ${maxBytes} bytes`)
      }
      keep(chunk)
    }
  }
  const decoder = decoderFor(String(response.headers['content-encoding'] ?? ''))
  const body: Readable = response.body
  if (decoder === undefined) await collect(body)
  else await pipeline(body, decoder, collect)
  const rawHeaders = Object.entries(response.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): readonly [string, string] => [name, one]),
  )
  const joined = new Map<string, string>()
  for (const [name, value] of rawHeaders) {
    const before = joined.get(name)
    joined.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  const headers = Object.fromEntries(joined)
  return { status: response.statusCode, headers, rawHeaders, body: Buffer.concat(chunks) }
}

function decoderFor(encoding: string): Transform | undefined {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      return undefined
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

interface Circumstances {
  readonly isCanceled: boolean
  readonly isTimedOut: boolean
  readonly timeoutMs: number
}

function explain(thrown: unknown, hop: Hop, how: Circumstances): GantryError {
  if (thrown instanceof GantryError && thrown.code !== 'Internal') return thrown
  const what = `${hop.method} ${show(hop.url)}`
  const options = { cause: thrown }
  if (thrown instanceof Error && thrown.cause instanceof GantryError) return thrown.cause
  if (!isUnsent(thrown) && !safeMethods.has(hop.method)) {
    const why = how.isCanceled
      ? 'it was canceled'
      : how.isTimedOut
        ? `no answer within ${how.timeoutMs} ms`
        : reason(thrown)
    return new GantryError(
      'OutcomeUnknown',
      `outcome unknown: ${what} may have been received (${why})`,
      options,
    )
  }
  if (how.isCanceled) return new GantryError('Canceled', `${what} was canceled`, options)
  if (how.isTimedOut) {
    return new GantryError('Timeout', `${what} gave no answer within ${how.timeoutMs} ms`, options)
  }
  if (thrown instanceof TypeError || isInvalidRequest(thrown)) {
    return new GantryError('BadRequest', `cannot send ${what}: ${reason(thrown)}`, options)
  }
  return new GantryError('Unreachable', `${what} failed: ${reason(thrown)}`, options)
}

function isInvalidRequest(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'UND_ERR_INVALID_ARG'
}

function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown instanceof AggregateError) return thrown.errors.map(reason).join('; ')
  // What OpenSSL says is an address in memory, a number and a line of its source, with the reason in between.
  if ('library' in thrown && 'reason' in thrown && typeof thrown.reason === 'string') {
    return `no TLS connection (${thrown.reason})`
  }
  return thrown.message === '' ? thrown.name : thrown.message
}

/** A URL for messages: without user info and query, which may hold secrets. */
function show(url: URL): string {
  return `${url.origin}${url.pathname}`
}
