/**
 * The one error type of the product, and the one table of its codes.
 *
 * A code says what kind of failure it is; it is also the reason of a condition. Messages say what was attempted, on
 * what, why it failed and what to do; lower case, no trailing stop. Throw for failure; return for expected outcomes.
 */

/** `http`: status the API answers; `exit`: exit code of a command; `retry`: may the same call succeed later by itself. */
interface CodeFacts {
  readonly http: number
  readonly exit: number
  readonly retry: boolean
}

export const errorCodes = {
  BadRequest: { http: 400, exit: 2, retry: false },
  Unauthorized: { http: 401, exit: 3, retry: false },
  Forbidden: { http: 403, exit: 3, retry: false },
  NotFound: { http: 404, exit: 4, retry: false },
  MethodNotAllowed: { http: 405, exit: 2, retry: false },
  AlreadyExists: { http: 409, exit: 5, retry: false },
  Conflict: { http: 409, exit: 5, retry: true },
  Expired: { http: 410, exit: 1, retry: true },
  TooLarge: { http: 413, exit: 2, retry: false },
  Invalid: { http: 422, exit: 2, retry: false },
  RateLimited: { http: 429, exit: 6, retry: true },
  Internal: { http: 500, exit: 1, retry: true },
  NotSupported: { http: 501, exit: 2, retry: false },
  Unreachable: { http: 502, exit: 6, retry: true },
  Unavailable: { http: 503, exit: 6, retry: true },
  Timeout: { http: 504, exit: 6, retry: true },
  /** The work was cut off by its signal: shut-down or abort. */
  Canceled: { http: 503, exit: 130, retry: true },
  /** A call to a system without idempotency was cut off between sending and recording. Never resent. */
  OutcomeUnknown: { http: 500, exit: 7, retry: false },
  /** A promotion, verification or wait ended, and not in success. */
  NotSucceeded: { http: 409, exit: 8, retry: false },
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof errorCodes

/** Whether a word, as another process sent it, is one of the codes. */
export function isErrorCode(word: unknown): word is ErrorCode {
  return typeof word === 'string' && Object.hasOwn(errorCodes, word)
}

export interface ErrorOptions {
  /** Path of the offending field, as in `spec.steps[2].config.path`. */
  readonly field?: string | undefined
  /** Further problems of the same input, each a sentence. */
  readonly details?: readonly string[] | undefined
  /** When the remote asked to be left alone: how long, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

export class GantryError extends Error {
  override readonly name = 'GantryError'
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly details: readonly string[]
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.field = options.field
    this.details = options.details ?? []
    this.retryAfterMs = options.retryAfterMs
  }

  get http(): number {
    return errorCodes[this.code].http
  }

  get exit(): number {
    return errorCodes[this.code].exit
  }

  get retry(): boolean {
    return errorCodes[this.code].retry
  }
}

/** Whatever was thrown, as a GantryError. Unknown things become Internal and keep their cause. */
export function asGantryError(thrown: unknown): GantryError {
  if (thrown instanceof GantryError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new GantryError('Internal', message, { cause: thrown })
}

/** True when the thrown value is a GantryError of one of the given codes. */
export function hasCode(thrown: unknown, ...codes: readonly ErrorCode[]): thrown is GantryError {
  return thrown instanceof GantryError && codes.includes(thrown.code)
}
