import { asGantryError, GantryError } from '../../core/errors.ts'
import { OutOfRange } from '../yaml-edit/out-of-range.ts'
import type { Failure } from './messages.ts'

/** Whatever was thrown, as plain data. */
export function toFailure(thrown: unknown): Failure {
  const { code, message, field, details, retryAfterMs } = asGantryError(thrown)
  const isOutOfRange = thrown instanceof OutOfRange
  return { code, message, field, details, retryAfterMs, isOutOfRange }
}

/** The error that it was. */
export function fromFailure({ isOutOfRange, code, message, ...options }: Failure): GantryError {
  return isOutOfRange ? new OutOfRange(message) : new GantryError(code, message, options)
}
