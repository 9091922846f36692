import { type ErrorCode, GantryError, isErrorCode } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { Server } from './settings.ts'

/** The API as commands use it. Every failure is a GantryError with the server's own code and sentence. */
export interface Client {
  readonly url: string
  get(path: string): Promise<unknown>
  send(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: string | object,
  ): Promise<unknown>
  /** Server-sent events, until the stream or the signal ends. */
  events(path: string, signal: AbortSignal): AsyncIterable<ClientEvent>
}

export interface ClientEvent {
  readonly event: string
  readonly data: string
}

/** What a command uses of a response: the built-in fetch and that of undici agree on it. */
interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: AsyncIterable<Uint8Array> | null
  text(): Promise<string>
}

interface Init {
  readonly method: string
  readonly headers: Record<string, string>
  readonly redirect: 'error'
  readonly body?: string
  readonly signal?: AbortSignal
}

type Send = (url: string, init: Init) => Promise<Answer>

export function createClient({ url, token, insecureSkipTlsVerify }: Server): Client {
  const headers = (accept: string): Record<string, string> => ({
    accept,
    'x-gantry-request': 'cli',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  })

  const send: Send = insecureSkipTlsVerify ? sendUnchecked : fetch

  const call = async (
    method: string,
    path: string,
    body: string | object | undefined,
    accept: string,
    signal?: AbortSignal,
  ) => {
    const text = typeof body === 'object' ? JSON.stringify(body) : body
    const contentType = typeof body === 'object' ? 'application/json' : 'text/plain'
    const init = {
      method,
      headers: { ...headers(accept), ...(text !== undefined && { 'content-type': contentType }) },
      redirect: 'error' as const,
      ...(text !== undefined && { body: text }),
      ...(signal && { signal }),
    }
    const response = await send(`${url}${path}`, init).catch((thrown: unknown) => {
      if (signal?.aborted) throw thrown
      throw new GantryError(
        'Unreachable',
        `cannot reach ${url}: ${reasonOf(thrown)}; is \`gantry up\` running there?`,
        {
          cause: thrown,
        },
      )
    })
    if (!response.ok) throw await problemOf(response)
    return response
  }

  const parse = async (response: Answer): Promise<unknown> => {
    const text = await response.text()
    if (text === '') return undefined
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return isJson ? JSON.parse(text) : text
  }

  return {
    url,
    get: async (path) => parse(await call('GET', path, undefined, 'application/json')),
    send: async (method, path, body) => parse(await call(method, path, body, 'application/json')),
    async *events(path, signal) {
      try {
        const response = await call('GET', path, undefined, 'text/event-stream', signal)
        if (response.body === null) return
        let rest = ''
        const decoder = new TextDecoder()
        for await (const chunk of response.body) {
          const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            const event = parseEvent(block)
            if (event !== undefined) yield event
          }
        }
      } catch (thrown) {
        if (signal.aborted) return
        if (thrown instanceof GantryError) throw thrown
        throw new GantryError(
          'Unreachable',
          `lost the connection to ${url}: ${reasonOf(thrown)}; is \`gantry up\` still running there?`,
          { cause: thrown },
        )
      }
    },
  }
}

/** Loaded by the few that ask for it. */
const sendUnchecked: Send = async (url, init) => {
  const { Agent, fetch } = await import('undici')
  return fetch(url, { ...init, dispatcher: new Agent({ connect: { rejectUnauthorized: false } }) })
}

function parseEvent(block: string): ClientEvent | undefined {
  const fields = block.split('\n').map((line) => /^(event|data): ?(.*)$/.exec(line))
  const data = fields.filter((field) => field?.[1] === 'data').map((field) => field?.[2] ?? '')
  if (data.length === 0) return undefined
  return {
    event: fields.find((field) => field?.[1] === 'event')?.[2] ?? 'message',
    data: data.join('\n'),
  }
}

async function problemOf(response: Answer): Promise<GantryError> {
  const text = await response.text()
  const body = parseProblem(text)
  const code = isErrorCode(body['code']) ? body['code'] : codeOfStatus(response.status)
  const message =
    typeof body['error'] === 'string' ? body['error'] : `the server answered ${response.status}`
  return new GantryError(code, message, {
    field: typeof body['field'] === 'string' ? body['field'] : undefined,
    details: Array.isArray(body['details']) ? body['details'].map(String) : [],
  })
}

function parseProblem(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  413: 'TooLarge',
  422: 'Invalid',
  429: 'RateLimited',
  501: 'NotSupported',
  503: 'Unavailable',
}

function codeOfStatus(status: number): ErrorCode {
  return statusCodes[status] ?? 'Internal'
}

/** The innermost reason of a failed fetch, which says more than `fetch failed`. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? thrown.cause.message || thrown.message : thrown.message
}
