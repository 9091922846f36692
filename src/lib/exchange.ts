import { asGantryError, type ErrorCode, GantryError, hasCode } from '../core/errors.ts'
import type { HttpCapability, HttpResponse } from '../core/http.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'

/** One request on the way to a token. */
export interface ExchangeStep {
  /** What it is for, as in `getting an installation token`. */
  readonly title: string
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly timeoutMs?: number
  /** Plain http is how clouds tell a machine who it is; everything else is refused over it. */
  readonly plainHttp?: boolean
}

/** This machine has no identity at the cloud: nothing went wrong, access is anonymous. */
export class NoIdentity extends Error {}

/** Whether a request failed because nothing answered it at all: an answer of 503 is one. */
export function nothingAnswered(thrown: unknown): boolean {
  return hasCode(thrown, 'Unreachable', 'Timeout') && thrown.cause !== undefined
}

/** Undefined where the exchange found no identity to exchange. */
export async function unlessNobody<T>(exchange: Promise<T>): Promise<T | undefined> {
  try {
    return await exchange
  } catch (thrown) {
    if (thrown instanceof NoIdentity) return undefined
    throw thrown
  }
}

const timeoutMs = 20_000
const maxBytes = 1024 * 1024

/**
 * Asks a token service. Redirects are not followed: a signed request is for one host. Throws Unauthorized, Forbidden,
 * NotFound, RateLimited, Unreachable, Timeout or Invalid, with the step and the service's own code of error, which
 * alone is in `details`; nothing that was sent is ever in a message.
 */
export async function askService(
  http: HttpCapability,
  step: ExchangeStep,
  signal: AbortSignal,
): Promise<HttpResponse> {
  let response: HttpResponse
  try {
    response = await http.fetch(step.url, {
      method: step.method ?? 'POST',
      headers: step.headers ?? {},
      body: step.body,
      timeoutMs: step.timeoutMs ?? timeoutMs,
      maxBytes,
      redirect: 'manual',
      carriesCredential: step.plainHttp !== true,
      signal,
    })
  } catch (thrown) {
    const error = asGantryError(thrown)
    // Asking for a token twice does no harm.
    const code = error.code === 'OutcomeUnknown' ? 'Unreachable' : error.code
    throw new GantryError(code, `${step.title} failed: ${error.message}`, { cause: thrown })
  }
  if (response.status >= 200 && response.status < 300) return response
  const said = saidOf(response)
  throw new GantryError(
    codeOf(response.status),
    `${step.title} failed: ${new URL(step.url).host} answered ${response.status}${said === '' ? '' : ` (${said})`}`,
    { retryAfterMs: retryAfterMs(response), details: said === '' ? [] : [said] },
  )
}

/** The same for services that answer with a JSON object. */
export async function askForJson(
  http: HttpCapability,
  step: ExchangeStep,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { body } = await askService(http, step, signal)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    value = undefined
  }
  if (isJsonObject(value)) return value
  throw new GantryError('Invalid', `${step.title} failed: the answer is no JSON object`)
}

/** A text that the answer must hold. */
export function textIn(answer: JsonObject, key: string, title: string): string {
  const value = answer[key]
  if (typeof value === 'string' && value !== '') return value
  throw new GantryError('Invalid', `${title} failed: the answer has no ${key}`)
}

export function formBody(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString()
}

function codeOf(status: number): ErrorCode {
  if (status === 400 || status === 401) return 'Unauthorized'
  if (status === 403) return 'Forbidden'
  if (status === 404) return 'NotFound'
  if (status === 429) return 'RateLimited'
  // 410 is how Azure's metadata service says that it will be back in a minute.
  return status >= 500 || status === 410 ? 'Unreachable' : 'Invalid'
}

/**
 * The code or sentence that the service gives: JSON by any of the usual keys, or AWS's XML. Short, printable, and without
 * long words that could be a token sent back: cut off, such a one would no longer be masked.
 */
function saidOf({ body }: HttpResponse): string {
  const text = Buffer.from(body.subarray(0, 8192)).toString('utf8')
  const xml = /<Code>([^<]*)<\/Code>/u.exec(text)?.[1]
  return (xml ?? jsonSaid(text))
    .replaceAll(/[\w.+/=-]{20,}/gu, (word) => (/\d/u.test(word) ? '...' : word))
    .replaceAll(/[^\w .,:;'"/()-]/gu, ' ')
    .slice(0, 200)
}

function jsonSaid(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (!isJsonObject(value)) return ''
    const error = isJsonObject(value['error']) ? value['error'] : value
    const said = [error['status'], error['__type'], error['code'], value['error'], value['message']]
    return said.find((each) => typeof each === 'string') ?? ''
  } catch {
    return ''
  }
}

function retryAfterMs({ headers }: HttpResponse): number | undefined {
  const seconds = headers['retry-after']
  return seconds !== undefined && /^\d{1,6}$/u.test(seconds) ? Number(seconds) * 1000 : undefined
}
