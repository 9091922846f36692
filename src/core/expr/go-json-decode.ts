import type { Json } from '../json.ts'
import { callError } from './function-value.ts'
import type { Value } from './value.ts'

/** Objects inside one another, in a text that is decoded. */
const maxTextDepth = 10_000

/**
 * The value of a complete JSON text, as Go's decoder reads it: every number a float. Throws ExpressionError for broken
 * text, numbers out of range and objects nested too deeply.
 */
export function decodeJson(text: string): Value {
  const decoded = decodeGoJson(text)
  if (decoded === undefined) throw callError('json: the text is not valid JSON')
  return decoded
}

/** The same as JSON, or undefined for a text that is not JSON. */
export function decodeGoJson(text: string): Json | undefined {
  if (nesting(text) > maxTextDepth) return undefined
  let parsed: Json
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  // What JavaScript accepts and Go does not is rare: a walk only where the text may hold it.
  const suspicious = /\\u[dD][89a-fA-F]|[eE]\+?\d{3}|\d{300}/.test(text) || !text.isWellFormed()
  return suspicious ? cleaned(parsed) : parsed
}

/** How deep brackets go, strings left aside. */
function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 0x22) {
      for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) {
        if (text.charCodeAt(at) === 0x5c) at++
      }
    } else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (char === 0x7d || char === 0x5d) depth--
  }
  return deepest
}

/** With lone surrogates replaced; undefined when a number is out of range. */
function cleaned(value: Json): Json | undefined {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: Json[] = []
    for (const item of value) {
      const clean = cleaned(item)
      if (clean === undefined) return undefined
      items.push(clean)
    }
    return items
  }
  const entries: [string, Json][] = []
  for (const [key, child] of Object.entries(value)) {
    const clean = child === undefined ? null : cleaned(child)
    if (clean === undefined) return undefined
    entries.push([key.toWellFormed(), clean])
  }
  return Object.fromEntries(entries)
}
