import { type GantryError, asGantryError } from '../core/errors.ts'
import type { Redactor } from '../core/redact.ts'

/** The error body: Kargo's `error`, with `code`, `details` and `field` added. */
export interface Problem {
  readonly error: string
  readonly code: string
  readonly details?: readonly string[]
  readonly field?: string
}

/** What a caller sees of a failure. Internal ones keep their text in the log only. */
export function toProblem(
  thrown: unknown,
  redactor: Redactor,
): { status: number; problem: Problem; error: GantryError } {
  const error = asGantryError(thrown)
  const message =
    error.code === 'Internal' ? 'internal server error' : redactor.redact(error.message)
  return {
    status: error.http,
    error,
    problem: {
      error: message,
      code: error.code,
      ...(error.details.length > 0 && {
        details: error.details.map((detail) => redactor.redact(detail)),
      }),
      ...(error.field !== undefined && { field: error.field }),
    },
  }
}
