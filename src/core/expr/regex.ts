import { RE2JS } from 're2js'
import { regexSize } from '../regex-size.ts'
import { budgetError } from './frame.ts'
import type { Frame } from './frame.ts'
import { callError } from './function-value.ts'

/** A compiled pattern in RE2's syntax, unanchored. Matching takes time in proportion to the text and to its size. */
export interface Pattern {
  test(text: string): boolean
  /** About how many instructions it has. */
  readonly size: number
}

const maxPatternLength = 10_000
const maxPatternSize = 10_000
/** Larger ones are compiled anew for each match, which pays for it. */
const maxKeptSize = 500
const maxCached = 200
const cache = new Map<string, Pattern>()

/** Compiles a pattern, or takes it from the cache. Throws a call error for an invalid one. */
export function compilePattern(source: string): Pattern {
  const cached = cache.get(source)
  if (cached !== undefined) return cached
  if (source.length > maxPatternLength) {
    throw budgetError(`the pattern is longer than ${maxPatternLength} characters`)
  }
  const size = regexSize(source)
  if (size > maxPatternSize) throw budgetError('the pattern repeats too much')
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(source)
  } catch (thrown) {
    throw callError('error parsing regexp: %s', thrown instanceof Error ? thrown.message : source)
  }
  const pattern = { size, test: (text: string) => compiled.test(text) }
  if (!isKept(pattern)) return pattern
  if (cache.size >= maxCached) cache.delete(cache.keys().next().value ?? '')
  cache.set(source, pattern)
  return pattern
}

/** Whether the pattern is small enough to be held on to. */
export function isKept({ size }: Pattern): boolean {
  return size <= maxKeptSize
}

/** Compiles a pattern that is known only when it is run, and pays for that. */
export function patternAtRun(frame: Frame, source: string): Pattern {
  frame.charge(10 + source.length)
  const pattern = compilePattern(source)
  if (!isKept(pattern)) frame.charge(8 * pattern.size)
  return pattern
}

/** Matches, after it is paid for. */
export function matchPattern(frame: Frame, pattern: Pattern, text: string): boolean {
  frame.charge(1 + Math.floor((text.length * (pattern.size + 16)) / 32))
  return pattern.test(text)
}
