import { byteLength, fromBytes, isAscii, joined, runes, searchable, toBytes } from '../bytes.ts'
import { mapCase } from '../case-mapping.ts'
import { budgetError, chargeSearch } from '../frame.ts'
import type { Frame } from '../frame.ts'
import { callError } from '../function-value.ts'
import { trimSpace } from '../go-chars.ts'
import { fromBase64, toBase64 } from '../base64.ts'
import { toIndex } from '../numeric.ts'
import { anyList, arrayOf, bool, int, signature, string } from '../types.ts'
import type { Signature, Type } from '../types.ts'
import { isList, nilList } from '../value.ts'
import type { Value } from '../value.ts'
import { invalid, scan, textArg, typed } from './builtin.ts'
import type { BuiltinTable } from './builtin.ts'

const oneText = [signature([string], string)]
const twoTexts = (result: Type): Signature[] => [signature([string, string], result)]
const texts = arrayOf(string)
const maxRepeat = 1_000_000

/** Builtins on strings. Offsets and lengths are in bytes. */
export const stringBuiltins: BuiltinTable = {
  trim: typed('trim', [signature([string, string], string, 1)], (args, frame) => {
    const text = textArg(args, 0)
    scan(frame, text)
    if (args.length === 1) return trimSpace(text)
    frame.charge(text.length)
    return trimChars(text, textArg(args, 1))
  }),
  trimPrefix: typed('trimPrefix', [signature([string, string], string, 1)], (args, frame) => {
    const text = textArg(args, 0)
    const prefix = args.length > 1 ? textArg(args, 1) : ' '
    scan(frame, text)
    return text.startsWith(prefix) ? text.slice(prefix.length) : text
  }),
  trimSuffix: typed('trimSuffix', [signature([string, string], string, 1)], (args, frame) => {
    const text = textArg(args, 0)
    const suffix = args.length > 1 ? textArg(args, 1) : ' '
    scan(frame, text)
    return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text
  }),
  upper: typed('upper', oneText, (args, frame) => {
    return changeCase(textArg(args, 0), 'upper', frame)
  }),
  lower: typed('lower', oneText, (args, frame) => {
    return changeCase(textArg(args, 0), 'lower', frame)
  }),
  split: typed('split', [signature([string, string, int], texts, 1)], (args, frame) =>
    split(textArg(args, 0), textArg(args, 1), limit(args[2]), false, frame),
  ),
  splitAfter: typed('splitAfter', [signature([string, string, int], texts, 1)], (args, frame) =>
    split(textArg(args, 0), textArg(args, 1), limit(args[2]), true, frame),
  ),
  replace: typed('replace', [signature([string, string, string, int], string, 1)], (args, frame) =>
    replace(textArg(args, 0), textArg(args, 1), textArg(args, 2), limit(args[3]), frame),
  ),
  repeat: typed('repeat', [signature([string, int], string)], (args, frame) => {
    const text = textArg(args, 0)
    const count = toIndex(args[1])
    if (count < 0)
      throw callError(`invalid argument for repeat (expected positive integer, got ${count})`)
    if (count > maxRepeat) throw budgetError('memory budget exceeded')
    frame.grow(byteLength(text) * count)
    return joined(text.repeat(count))
  }),
  join: typed('join', [signature([anyList, string], string, 1)], (args, frame) => {
    const list = args[0] ?? null
    if (!isList(list)) throw invalid('join', list)
    const glue = args.length > 1 ? textArg(args, 1) : ''
    let length = glue.length * Math.max(0, list.length - 1)
    const parts = list.map((item) => {
      if (typeof item !== 'string') throw invalid('join', item)
      length += item.length
      return item
    })
    frame.charge(parts.length)
    frame.growText(length)
    return joined(parts.join(glue))
  }),
  indexOf: typed('indexOf', twoTexts(int), (args, frame) => {
    const [text, part] = searchable(textArg(args, 0), textArg(args, 1))
    chargeSearch(frame, text, part)
    return byteOffset(text, text.indexOf(part), part)
  }),
  lastIndexOf: typed('lastIndexOf', twoTexts(int), (args, frame) => {
    const [text, part] = searchable(textArg(args, 0), textArg(args, 1))
    chargeSearch(frame, text, part)
    return byteOffset(text, text.lastIndexOf(part), part)
  }),
  hasPrefix: typed('hasPrefix', twoTexts(bool), (args, frame) => {
    const [text, part] = searchable(textArg(args, 0), textArg(args, 1))
    scan(frame, part)
    return text.startsWith(part)
  }),
  hasSuffix: typed('hasSuffix', twoTexts(bool), (args, frame) => {
    const [text, part] = searchable(textArg(args, 0), textArg(args, 1))
    scan(frame, part)
    return text.endsWith(part)
  }),
  toBase64: typed('toBase64', oneText, (args, frame) => {
    const text = textArg(args, 0)
    frame.growText(text.length * 2)
    return toBase64(toBytes(text))
  }),
  fromBase64: typed('fromBase64', oneText, (args, frame) => {
    const text = textArg(args, 0)
    frame.growText(text.length)
    const bytes = fromBase64(text)
    if (bytes === undefined) throw callError('illegal base64 data')
    return fromBytes(bytes)
  }),
}

function changeCase(text: string, to: 'upper' | 'lower', frame: Frame): string {
  frame.growText(text.length)
  if (isAscii(text)) return to === 'upper' ? text.toUpperCase() : text.toLowerCase()
  frame.charge(text.length)
  return mapCase(text, to)
}

function limit(value: Value | undefined): number {
  return value === undefined ? -1 : toIndex(value)
}

/** An offset in UTF-16 units as one in bytes. Where the part is no text, units are bytes already. */
function byteOffset(text: string, at: number, part: string): bigint {
  return BigInt(
    at <= 0 || isAscii(text) || !part.isWellFormed() ? at : byteLength(text.slice(0, at)),
  )
}

function trimChars(text: string, cutset: string): string {
  const cut = new Set(runes(cutset))
  const chars = runes(text)
  let from = 0
  let to = chars.length
  while (from < to && cut.has(chars[from] ?? '')) from++
  while (to > from && cut.has(chars[to - 1] ?? '')) to--
  return chars.slice(from, to).join('')
}

function split(text: string, separator: string, most: number, keep: boolean, frame: Frame): Value {
  if (most === 0) return nilList
  frame.growText(text.length)
  chargeSearch(frame, text, separator)
  const parts = separator === '' ? splitRunes(text, most) : splitBy(text, separator, most, keep)
  frame.grow(parts.length)
  return parts
}

function splitRunes(text: string, most: number): string[] {
  const chars = runes(text)
  if (most < 0 || chars.length <= most) return chars
  return [...chars.slice(0, most - 1), chars.slice(most - 1).join('')]
}

function splitBy(text: string, separator: string, most: number, keep: boolean): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, from)) {
    if (most >= 0 && parts.length >= most - 1) break
    parts.push(text.slice(from, keep ? at + separator.length : at))
    from = at + separator.length
  }
  parts.push(text.slice(from))
  return parts
}

function replace(text: string, old: string, fresh: string, most: number, frame: Frame): string {
  chargeSearch(frame, text, old)
  const places = old === '' ? runePlaces(text, most) : placesOf(text, old, most)
  frame.charge(places.length)
  frame.growText(text.length + places.length * fresh.length)
  const parts: string[] = []
  let from = 0
  for (const at of places) {
    parts.push(text.slice(from, at), fresh)
    from = at + old.length
  }
  parts.push(text.slice(from))
  return joined(parts.join(''))
}

function placesOf(text: string, old: string, most: number): number[] {
  const places: number[] = []
  for (let at = text.indexOf(old); at !== -1; at = text.indexOf(old, at + old.length)) {
    if (most >= 0 && places.length >= most) break
    places.push(at)
  }
  return places
}

/** Before each code point, and at the end. */
function runePlaces(text: string, most: number): number[] {
  const places: number[] = []
  let at = 0
  for (const char of text) {
    if (most >= 0 && places.length >= most) return places
    places.push(at)
    at += char.length
  }
  if (most < 0 || places.length < most) places.push(at)
  return places
}
