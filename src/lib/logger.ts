import { type Logger as Pino, pino } from 'pino'
import type { LogFields, Logger } from '../core/log.ts'
import type { Redactor } from '../core/redact.ts'

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly redactor: Redactor
  /** Where lines go; default standard error, which leaves standard output to what a command prints. */
  readonly destination?: { write(line: string): void } | undefined
}

/** One JSON object a line. Live secrets are masked in messages and fields; line breaks in them are escaped by JSON. */
export function createLogger({ level, redactor, destination }: LoggerOptions): Logger {
  const root = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination ?? pino.destination(2),
  )
  return wrap(root, redactor)
}

function wrap(target: Pino, redactor: Redactor): Logger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void => {
      if (target.isLevelEnabled(level))
        target[level](redactor.redactValue(fields), redactor.redact(message))
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => wrap(target.child(redactor.redactValue({ ...fields })), redactor),
  }
}
