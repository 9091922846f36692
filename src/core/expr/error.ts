import { GantryError } from '../errors.ts'
import { mask } from '../redact.ts'

/** `compile`: rejected before running. `run`: failed while running. `budget`: too long, too deep or too large. */
export type ExpressionErrorKind = 'compile' | 'run' | 'budget'

/** A place in a source text: `offset` in UTF-16 units, `line` from 1, `column` from 0 in code points. */
export interface Position {
  readonly offset: number
  readonly line: number
  readonly column: number
}

export interface ExpressionErrorFacts {
  readonly kind: ExpressionErrorKind
  /** What is wrong, without place and snippet. `%s` stands for the data. */
  readonly reason: string
  /** What the reason quotes of the values: left out where they may be secret. */
  readonly data?: string | undefined
  readonly source?: string | undefined
  readonly offset?: number | undefined
  /** A known name that is close to an unknown one. */
  readonly nearest?: string | undefined
  /** Path of the value in its config. */
  readonly field?: string | undefined
}

/** Longer reasons are cut: they may quote data. */
const maxReason = 500
/** Snippets show at most this much of the line around the place. */
const snippetWidth = 100

/**
 * The only error that compiling and running an expression or a template throws. The message is
 * `reason (line:column)` followed by the source line and a caret.
 */
export class ExpressionError extends GantryError {
  readonly #facts: ExpressionErrorFacts
  readonly kind: ExpressionErrorKind
  readonly reason: string
  readonly position: Position | undefined
  /** The source line with a caret under the place; empty when the place is unknown. */
  readonly snippet: string
  readonly nearest: string | undefined

  constructor(facts: ExpressionErrorFacts) {
    const position =
      facts.source === undefined || facts.offset === undefined
        ? undefined
        : locate(facts.source, facts.offset)
    const snippet =
      facts.source === undefined || position === undefined
        ? ''
        : drawSnippet(facts.source, position)
    const place = position === undefined ? '' : ` (${position.line}:${position.column + 1})`
    const hint = facts.nearest === undefined ? '' : `; did you mean ${facts.nearest}?`
    const { data } = facts
    const full = data === undefined ? facts.reason : facts.reason.replace('%s', () => data)
    const reason = full.length > maxReason ? `${full.slice(0, maxReason)}...` : full
    super('Invalid', `${reason}${hint}${place}${snippet === '' ? '' : `\n${snippet}`}`, {
      field: facts.field,
    })
    this.#facts = facts
    this.kind = facts.kind
    this.reason = reason
    this.position = position
    this.snippet = snippet
    this.nearest = facts.nearest
  }

  /** The same error without anything of the values that it arose from. */
  withoutData(): ExpressionError {
    return this.#facts.data === undefined
      ? this
      : new ExpressionError({ ...this.#facts, data: mask })
  }

  /** The same error at a place. */
  at(source: string, offset: number, nearest?: string): ExpressionError {
    return new ExpressionError({ ...this.#facts, source, offset, nearest: this.nearest ?? nearest })
  }

  /** The same error, saying first what was being done. */
  during(what: string): ExpressionError {
    return new ExpressionError({ ...this.#facts, reason: `${what}: ${this.#facts.reason}` })
  }

  /** The same error in a longer text: the expression stands in it at an offset. */
  within(text: string, at: number): ExpressionError {
    if (this.position === undefined) return this
    return new ExpressionError({ ...this.#facts, source: text, offset: at + this.position.offset })
  }

  /** The same error, saying which value of a config it is about. */
  inField(field: string): ExpressionError {
    return new ExpressionError({ ...this.#facts, field })
  }
}

/** The place of a UTF-16 offset in a text. */
export function locate(source: string, offset: number): Position {
  const before = source.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++
  let column = 0
  for (const _ of before.slice(lineStart)) column++
  return { offset, line, column }
}

function drawSnippet(source: string, position: Position): string {
  const lineStart = source.lastIndexOf('\n', position.offset - 1) + 1
  const lineEnd = source.indexOf('\n', position.offset)
  const line = Array.from(source.slice(lineStart, lineEnd === -1 ? undefined : lineEnd))
  const from = Math.max(0, position.column - snippetWidth / 2)
  const shown = line
    .slice(from, from + snippetWidth)
    .join('')
    .replaceAll('\t', ' ')
  return ` | ${shown}\n | ${'.'.repeat(position.column - from)}^`
}
