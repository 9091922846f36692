import { callError } from './function-value.ts'
import { budgetError, maxStringLength, maxValueDepth } from './frame.ts'
import { formatJsonFloat } from './go-number.ts'
import { AnyMap } from './any-map.ts'
import { toBase64 } from './base64.ts'
import { compareBytes } from './bytes.ts'
import { Boxed, isList, isNilList } from './value.ts'
import type { Value, ValueMap } from './value.ts'

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
    if (value === undefined) this.#push('null')
    else if (typeof value === 'string') this.#push(quoteJson(value, this.#plain))
    else if (typeof value === 'bigint' || typeof value === 'boolean') this.#push(String(value))
    else if (typeof value === 'number') this.#push(numberText(value))
    else this.#object(value, depth)
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

function numberText(value: number): string {
  if (Number.isFinite(value)) return formatJsonFloat(value)
  const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  throw callError(`json: unsupported value: ${name}`)
}

/** The keys of a map that are there, in order of their bytes. */
export function sortedKeys(map: ValueMap): string[] {
  return Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(compareBytes)
}

const needsEscape = /["\\<>&\u2028\u2029\ud800-\udfff]|[^\x20-\uffff]/

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
