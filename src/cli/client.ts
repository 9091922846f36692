import { type ErrorCode, GantryError, isErrorCode } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'

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

export function createClient(url: string, token: string | undefined): Client {
  const headers = (accept: string): Record<string, string> => ({
    accept,
    'x-gantry-request': 'cli',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  })

  const call = async (
    method: string,
    path: string,
    body: string | object | undefined,
    accept: string,
    signal?: AbortSignal,
  ) => {
    const text = typeof body === 'object' ? JSON.stringify(body) : body
    const contentType = typeof body === 'object' ? 'application/json' : 'text/plain'
    const init: RequestInit = {
      method,
      headers: { ...headers(accept), ...(text !== undefined && { 'content-type': contentType }) },
      redirect: 'error',
      ...(text !== undefined && { body: text }),
      ...(signal && { signal }),
    }
    const response = await fetch(`${url}${path}`, init).catch((thrown: unknown) => {
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

  const parse = async (response: Response): Promise<unknown> => {
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
      const response = await call('GET', path, undefined, 'text/event-stream', signal)
      if (response.body === null) return
      let rest = ''
      try {
        for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + chunk).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            const event = parseEvent(block)
            if (event !== undefined) yield event
          }
        }
      } catch (thrown) {
        if (!signal.aborted) throw thrown
      }
    },
  }
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

async function problemOf(response: Response): Promise<GantryError> {
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
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? thrown.cause.message || thrown.message : thrown.message
}
