import { joined } from './bytes.ts'
import { callError } from './function-value.ts'
import { budgetError, maxStringLength, maxValueDepth } from './frame.ts'
import { formatJsonFloat } from './go-number.ts'
import type { Json } from '../json.ts'
import { AnyMap } from './any-map.ts'
import { compareBytes } from './bytes.ts'
import { Boxed, isList, isNilList, newMap } from './value.ts'
import type { Value, ValueMap } from './value.ts'

/** Objects inside one another, in a text that is decoded. */
const maxTextDepth = 10_000

export interface EncodeOptions {
  /** Spaces for each level; compact without. */
  readonly indent?: number | undefined
  /** Leaves `<`, `>` and `&` as they are. */
  readonly plain?: boolean | undefined
}

/**
 * The value as JSON text, as Go's encoder writes it: sorted keys, `<`, `>`, `&`, U+2028 and U+2029 escaped, bytes as
 * base64, times as RFC 3339. Throws ExpressionError for functions, NaN, infinities and maps with keys of any kind.
 */
export function encodeJson(value: Value, options: EncodeOptions = {}): string {
  return new Encoder(options).encode(value)
}

class Encoder {
  readonly #indent: string
  readonly #plain: boolean
  readonly #parts: string[] = []
  #length = 0

  constructor(options: EncodeOptions) {
    this.#indent = ' '.repeat(options.indent ?? 0)
    this.#plain = options.plain ?? false
  }

  encode(value: Value): string {
    this.#value(value, 0)
    return this.#parts.join('')
  }

  #push(text: string): void {
    this.#length += text.length
    if (this.#length > maxStringLength) throw budgetError('memory budget exceeded')
    this.#parts.push(text)
  }

  #value(value: Value | undefined, depth: number): void {
    if (depth > maxValueDepth) throw budgetError('json: nested too deeply')
    switch (typeof value) {
      case 'undefined':
        this.#push('null')
        return
      case 'string':
        this.#push(quoteJson(value, this.#plain))
        return
      case 'number':
        if (!Number.isFinite(value)) {
          const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
          throw callError(`json: unsupported value: ${name}`)
        }
        this.#push(formatJsonFloat(value))
        return
      case 'bigint':
      case 'boolean':
        this.#push(String(value))
        return
      default:
        this.#object(value, depth)
    }
  }

  #object(value: Exclude<Value, string | number | bigint | boolean>, depth: number): void {
    if (value === null) this.#push('null')
    else if (isList(value)) {
      if (isNilList(value)) this.#push('null')
      else this.#list(value, depth)
    } else if (value instanceof Uint8Array) this.#push(`"${toBase64(value)}"`)
    else if (value instanceof AnyMap) {
      throw callError('json: unsupported type: map[interface {}]interface {}')
    } else if (value instanceof Boxed) this.#value(value.toJsonValue(), depth + 1)
    else this.#map(value, depth)
  }

  #list(items: readonly Value[], depth: number): void {
    if (items.length === 0) {
      this.#push('[]')
      return
    }
    this.#push('[')
    items.forEach((item, index) => {
      if (index > 0) this.#push(',')
      this.#line(depth + 1)
      this.#value(item, depth + 1)
    })
    this.#line(depth)
    this.#push(']')
  }

  #map(map: ValueMap, depth: number): void {
    const keys = sortedKeys(map)
    if (keys.length === 0) {
      this.#push('{}')
      return
    }
    this.#push('{')
    keys.forEach((key, index) => {
      if (index > 0) this.#push(',')
      this.#line(depth + 1)
      this.#push(`${quoteJson(key, this.#plain)}:${this.#indent === '' ? '' : ' '}`)
      this.#value(map[key], depth + 1)
    })
    this.#line(depth)
    this.#push('}')
  }

  #line(depth: number): void {
    if (this.#indent !== '') this.#push(`\n${this.#indent.repeat(depth)}`)
  }
}

/** The keys of a map that are there, in order of their bytes. */
export function sortedKeys(map: ValueMap): string[] {
  return Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(compareBytes)
}

const needsEscape = /["\\\u0000-\u001f<>&\u2028\u2029\ud800-\udfff]/

function quoteJson(text: string, plain: boolean): string {
  if (!needsEscape.test(text)) return `"${text}"`
  let result = '"'
  for (const char of text) result += escapeJson(char, plain)
  return `${result}"`
}

function escapeJson(char: string, plain: boolean): string {
  const code = char.codePointAt(0) ?? 0
  if (char === '"' || char === '\\') return `\\${char}`
  if (code < 0x20) {
    if (char === '\n') return '\\n'
    if (char === '\r') return '\\r'
    if (char === '\t') return '\\t'
    if (char === '\b') return '\\b'
    if (char === '\f') return '\\f'
    return `\\u${code.toString(16).padStart(4, '0')}`
  }
  if (!plain && (char === '<' || char === '>' || char === '&')) return `\\u00${code.toString(16)}`
  if (code === 0x2028 || code === 0x2029) return `\\u${code.toString(16)}`
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd'
  return char
}

/** Bytes in the standard base64 alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(binary)
}

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

/** Bytes of base64 text in the standard alphabet; line ends are skipped. Undefined when it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  const clean = text.replaceAll(/[\r\n]/g, '')
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined
  const binary = atob(clean)
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

export interface FromJsonOptions {
  /** What a whole number becomes: `float` as Go's decoder does it, `int` where whole numbers must stay whole. */
  readonly integers: 'float' | 'int'
}

/** JSON as a value of the language, copied. Bare JSON may also be used as it is: then every number is a float. */
export function fromJson(value: unknown, options: FromJsonOptions): Value {
  return convert(value, options.integers === 'int', 0)
}

function convert(value: unknown, integers: boolean, depth: number): Value {
  if (depth > maxTextDepth) throw budgetError('json: nested too deeply')
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'boolean':
    case 'bigint':
      return value
    case 'number':
      return integers && Number.isSafeInteger(value) && !Object.is(value, -0)
        ? BigInt(value)
        : value
    case 'object': {
      if (value === null) return null
      if (Array.isArray(value)) return value.map((item) => convert(item, integers, depth + 1))
      const map = newMap()
      for (const [key, child] of Object.entries(value)) {
        if (child !== undefined) map[key] = convert(child, integers, depth + 1)
      }
      return map
    }
    default:
      return null
  }
}

/** The value as JSON, by the same rules as `encodeJson`. Integers beyond 2^53 lose precision, as they do in JSON. */
export function toJson(value: Value): Json {
  return jsonOf(value, 0)
}

function jsonOf(value: Value | undefined, depth: number): Json {
  if (depth > maxValueDepth) throw budgetError('json: nested too deeply')
  switch (typeof value) {
    case 'undefined':
      return null
    case 'string':
      return value.toWellFormed()
    case 'boolean':
      return value
    case 'bigint':
      return Number(value)
    case 'number':
      if (!Number.isFinite(value)) throw callError('json: unsupported value: not a finite number')
      return value
    default:
      return jsonOfObject(value, depth)
  }
}

function jsonOfObject(
  value: Exclude<Value, string | number | bigint | boolean>,
  depth: number,
): Json {
  if (value === null || isNilList(value)) return null
  if (isList(value)) return value.map((item) => jsonOf(item, depth + 1))
  if (value instanceof Uint8Array) return toBase64(value)
  if (value instanceof AnyMap)
    throw callError('json: unsupported type: map[interface {}]interface {}')
  if (value instanceof Boxed) return jsonOf(value.toJsonValue(), depth + 1)
  return Object.fromEntries(
    sortedKeys(value).map((key) => [joined(key).toWellFormed(), jsonOf(value[key], depth + 1)]),
  )
}
