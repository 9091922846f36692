import { Lexer } from 'yaml'
import { GantryError } from '../core/errors.ts'

const maxDepth = 256
const maxFlowDepth = 100
const maxIndicatorsPerLine = 100
/** The parser takes cubic time for explicit keys within each other. */
const maxExplicitKeys = 64
/** Values of one document, unless its reader takes more: parsed, each takes a kilobyte, whatever it says. */
const defaultMaxValues = 400_000
/** What the lexer puts before a scalar. */
const scalarMark = '\u001f'

/** A line that others may be nested below: how far it is indented, and how many levels it opens by itself. */
interface Level {
  readonly indent: number
  opens: number
  explicitKeys: number
}

/**
 * Refuses, in linear time, what would take the parser very long, or more stack or memory than there is: absurd nesting,
 * nested explicit keys, and documents of nothing but short values. `what` is for the message. Throws TooLarge.
 */
export function checkNesting(text: string, what: string, maxValues = defaultMaxValues): void {
  const levels: Level[] = []
  let depth = 0
  let flowDepth = 0
  let indicators = 0
  let explicitKeys = 0
  let values = 0
  let isLineStart = true
  let isContent = false
  let isItem = false
  for (const token of new Lexer().lex(text)) {
    if (isContent) {
      // The text of a scalar, which may begin with anything.
      isContent = false
      continue
    }
    if (token === '\n' || token === '\r\n') {
      isLineStart = true
      indicators = 0
      continue
    }
    if (isLineStart) {
      isLineStart = false
      const indent = /^ *$/.test(token) ? token.length : 0
      for (let last = levels.at(-1); last && last.indent >= indent; last = levels.at(-1)) {
        depth -= last.opens
        explicitKeys -= last.explicitKeys
        levels.pop()
      }
      levels.push({ indent, opens: 1, explicitKeys: 0 })
      depth += 1
    }
    if (token === '[' || token === '{') flowDepth += 1
    else if (token === ']' || token === '}') flowDepth = Math.max(0, flowDepth - 1)
    else if (token.startsWith('---')) flowDepth = values = 0
    isContent = token === scalarMark
    // An item and what stands in it are one value; it may also be empty.
    if (isContent || /^[*"'[{]/.test(token)) {
      if (!isItem) values += 1
      isItem = false
    }
    if (token === '-' || token === '?') {
      isItem = true
      values += 1
      const isKey = token === '?' ? 1 : 0
      const level = levels.at(-1)
      if (level !== undefined) {
        level.opens += 1
        level.explicitKeys += isKey
      }
      indicators += 1
      depth += 1
      explicitKeys += isKey
    }
    if (flowDepth > maxFlowDepth || indicators > maxIndicatorsPerLine || depth > maxDepth) {
      throw new GantryError('TooLarge', `${what} is nested too deeply`)
    }
    if (values > maxValues) {
      throw new GantryError('TooLarge', `${what} has more than ${maxValues} values in one document`)
    }
    if (explicitKeys > maxExplicitKeys) {
      throw new GantryError(
        'TooLarge',
        `${what} has too many keys that begin with "?" within each other`,
      )
    }
  }
}
