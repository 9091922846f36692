import { RE2JS } from 're2js'
import { budgetError } from './frame.ts'
import type { Frame } from './frame.ts'
import { callError } from './function-value.ts'

/** A compiled pattern in RE2's syntax, unanchored. Matching takes time in proportion to the text. */
export interface Pattern {
  test(text: string): boolean
}

const maxPatternLength = 10_000
const maxCached = 200
const cache = new Map<string, Pattern>()

/** Compiles a pattern, or takes it from the cache. Throws a call error for an invalid one. */
export function compilePattern(source: string): Pattern {
  const cached = cache.get(source)
  if (cached !== undefined) return cached
  if (source.length > maxPatternLength) {
    throw budgetError(`the pattern is longer than ${maxPatternLength} characters`)
  }
  let compiled: Pattern
  try {
    compiled = RE2JS.compile(source)
  } catch (thrown) {
    throw callError('error parsing regexp: %s', thrown instanceof Error ? thrown.message : source)
  }
  if (cache.size >= maxCached) cache.delete(cache.keys().next().value ?? '')
  cache.set(source, compiled)
  return compiled
}

/** Pays for a match before it is made. */
export function chargeMatch(frame: Frame, text: string, patternLength: number): void {
  frame.charge(1 + ((text.length * (patternLength + 16)) >> 7))
}
