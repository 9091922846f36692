import { AnyMap } from './any-map.ts'
import { toBytes } from './bytes.ts'
import { budgetError, maxStringLength, maxValueDepth } from './frame.ts'
import { callError, FunctionValue } from './function-value.ts'
import { sortedKeys } from './go-json.ts'
import { toBase64 } from './base64.ts'
import { isDigit, isLetter } from './go-chars.ts'
import { formatGoFloat } from './go-number.ts'
import { parseMoment } from './layout-parse.ts'
import { NamedInt, NamedString, Uint } from './named.ts'
import { StringMap } from './string-map.ts'
import { Struct } from './struct.ts'
import { Boxed, isList } from './value.ts'
import type { Value } from './value.ts'
import { utc } from './zone.ts'
import { trimEndOf } from '../trim-end.ts'

/**
 * YAML as Go's yaml.v3 writes it: four spaces a level, keys in natural order, strings plain where they can be, block
 * literals for several lines, a newline at the end.
 */
export function encodeYaml(value: Value): string {
  return new YamlWriter().document(value)
}

const levelWidth = 4

type Pairs = readonly (readonly [string, Value])[]

class YamlWriter {
  #length = 0

  document(value: Value): string {
    return `${this.#block(value, 0, 0)}\n`
  }

  /** A value at an indentation, without a newline at its end. Its first line continues the line it stands on. */
  #block(value: Value | undefined, indent: number, depth: number): string {
    if (depth > maxValueDepth) throw budgetError('yaml: nested too deeply')
    if (isList(value) && !(value.length === 0)) return this.#list(value, indent, depth)
    const pairs = pairsOf(value)
    if (pairs !== undefined && pairs.length > 0) return this.#map(pairs, indent, depth)
    const text = scalar(value ?? null, indent)
    this.#length += text.length
    if (this.#length > maxStringLength) throw budgetError('memory budget exceeded')
    return text
  }

  #list(items: readonly Value[], indent: number, depth: number): string {
    const pad = ' '.repeat(indent)
    return items
      .map((item, index) => {
        const inner = this.#block(item, indent + 2, depth + 1)
        return `${index === 0 ? '' : pad}- ${inner}`
      })
      .join('\n')
  }

  #map(pairs: Pairs, indent: number, depth: number): string {
    const pad = ' '.repeat(indent)
    return pairs
      .map(
        ([key, item], index) =>
          `${index === 0 ? '' : pad}${keyText(key)}:${this.#entry(item, deeper(indent), depth + 1)}`,
      )
      .join('\n')
  }

  /** What follows `key:`: a scalar on the same line, a collection below. */
  #entry(item: Value, indent: number, depth: number): string {
    const inner = this.#block(item, indent, depth)
    const isCollection = (isList(item) && item.length > 0) || (pairsOf(item)?.length ?? 0) > 0
    return isCollection ? `\n${' '.repeat(indent)}${inner}` : ` ${inner}`
  }
}

/** Inside a map everything stands at the next multiple of four. */
function deeper(indent: number): number {
  return levelWidth * Math.floor((indent + levelWidth) / levelWidth)
}

/** The entries of what is written as a map; undefined for anything else. */
function pairsOf(value: Value | undefined): Pairs | undefined {
  if (value === null || value === undefined || typeof value !== 'object') return undefined
  if (isList(value) || value instanceof Uint8Array) return undefined
  if (value instanceof StringMap) return sortNaturally(Object.entries(value.entries))
  if (value instanceof AnyMap) {
    return sortNaturally(
      value.entries().map(({ key, value: item }): [string, Value] => [mapKey(key), item]),
    )
  }
  if (value instanceof Struct) {
    return value.type.fields.map(({ name }) => [name.toLowerCase(), value.field(name) ?? null])
  }
  if (value instanceof Boxed) return undefined
  return sortNaturally(sortedKeys(value).map((key) => [key, value[key] ?? null]))
}

function mapKey(key: Value): string {
  if (typeof key === 'string') return key
  return scalar(key, 0)
}

function keyText(key: string): string {
  return stringText(key, 0, true)
}

function scalar(value: Value, indent: number): string {
  if (typeof value === 'string') return stringText(value, indent, false)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') return objectText(value, indent)
  if (Number.isNaN(value)) return '.nan'
  return Number.isFinite(value) ? formatGoFloat(value) : value > 0 ? '.inf' : '-.inf'
}

function objectText(
  value: Exclude<Value, string | number | bigint | boolean>,
  indent: number,
): string {
  if (value === null) return 'null'
  if (isList(value)) return '[]'
  if (value instanceof Uint8Array) return value.length === 0 ? '[]' : `[${value.join(', ')}]`
  if (value instanceof FunctionValue) throw callError('yaml: cannot marshal type: func')
  if (value instanceof NamedInt || value instanceof Uint) return String(value.value)
  if (value instanceof NamedString) return stringText(value.value, indent, false)
  if (
    value instanceof Boxed &&
    !(value instanceof StringMap) &&
    !(value instanceof AnyMap) &&
    !(value instanceof Struct)
  ) {
    const json = value.toJsonValue()
    // Times are written as they are in JSON, durations as they print.
    if (typeof json === 'string')
      return plainTime.test(json) ? json : stringText(json, indent, false)
    return stringText(value.text(), indent, false)
  }
  return '{}'
}

const plainTime = /^\d{4}-\d\d-\d\dT/

function stringText(text: string, indent: number, isKey: boolean): string {
  if (!text.isWellFormed()) return `!!binary ${toBase64(toBytes(text))}`
  if (text.includes('\n')) return isKey ? doubleQuoted(text) : literalText(text, indent)
  if (!readsAsString(text)) return doubleQuoted(text)
  if (!isPrintable(text) || text.includes('\t')) return doubleQuoted(text)
  return isPlain(text) ? text : `'${text.replaceAll("'", "''")}'`
}

/** False for text that would read as another type: it is put in double quotes. */
function readsAsString(text: string): boolean {
  if (/^(|~|<<|null|Null|NULL|true|True|TRUE|false|False|FALSE)$/.test(text)) return false
  if (/^(y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/.test(text)) return false
  if (/^[-+]?(\.inf|\.Inf|\.INF)$|^(\.nan|\.NaN|\.NAN)$/.test(text)) return false
  if (/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/.test(text)) return false
  const digits = text.replaceAll('_', '')
  if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(digits)) return false
  if (/^[-+]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(digits)) return false
  return !/^\d{4}-/.test(text) || !isTimestamp(text)
}

const timestampLayouts = [
  '2006-1-2T15:4:5.999999999Z07:00',
  '2006-1-2t15:4:5.999999999Z07:00',
  '2006-1-2 15:4:5.999999999',
  '2006-1-2',
]

function isTimestamp(text: string): boolean {
  return timestampLayouts.some((layout) => {
    try {
      parseMoment(text, layout, utc)
      return true
    } catch {
      return false
    }
  })
}

/** True when the text may stand without quotes. */
function isPlain(text: string): boolean {
  if (/^(---|\.\.\.)/.test(text)) return false
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return false
  if (/^[-?:]( |$)/.test(text)) return false
  return !/: |:$| #|^ | $/.test(text)
}

/** False for text with what YAML must escape; characters beyond the basic plane count among them. */
function isPrintable(text: string): boolean {
  return !/[^\n\t\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]/u.test(text)
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function doubleQuoted(text: string): string {
  let result = '"'
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    const hex = code.toString(16).toUpperCase()
    const short = shortEscapes[char]
    if (short !== undefined) result += short
    else if (isPrintable(char)) result += char
    else if (code < 0x100) result += `\\x${hex.padStart(2, '0')}`
    else result += code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
  }
  return `${result}"`
}

/** A block literal; text that none can hold goes in double quotes. */
function literalText(text: string, indent: number): string {
  if (/ \n| $/.test(text) || !isPrintable(text)) return doubleQuoted(text)
  const body = trimEndOf(text, '\n')
  const ends = text.length - body.length
  const keep = ends > 1 || (ends === 1 && body === '')
  const hint = /^[ \n]/.test(text) ? String(levelWidth) : ''
  const pad = ' '.repeat(indent === 0 ? levelWidth : indent)
  const lines = body.split('\n').map((line) => (line === '' ? '' : pad + line))
  return `|${hint}${keep ? '+' : ends === 0 ? '-' : ''}\n${lines.join('\n')}${'\n'.repeat(Math.max(0, ends - 1))}`
}

/** Keys in yaml.v3's order: digits count as numbers, letters come after everything else. */
function sortNaturally<T>(pairs: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  return pairs.toSorted(([a], [b]) => compareNaturally(Array.from(a), Array.from(b)))
}

function compareNaturally(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((char, index) => char !== b[index])
  const x = a[at]
  const y = b[at]
  if (x === undefined || y === undefined) return a.length - b.length
  const xLetter = isLetter(x)
  const yLetter = isLetter(y)
  const order = (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0)
  if (xLetter && yLetter) return order
  const afterDigit = at > 0 && isDigit(a[at - 1] ?? '')
  if (xLetter || yLetter) return xLetter === afterDigit ? -1 : 1
  // A zero counts when digits before it do.
  const lead = (x === '0' || y === '0') && isNumberBefore(a, at) ? '1' : ''
  const [left, right] = [digitsFrom(a, at), digitsFrom(b, at)]
  const difference = BigInt(`0${lead}${left}`) - BigInt(`0${lead}${right}`)
  if (difference !== 0n) return difference < 0n ? -1 : 1
  return left.length - right.length || order
}

function isNumberBefore(chars: readonly string[], at: number): boolean {
  for (let index = at - 1; index >= 0 && isDigit(chars[index] ?? ''); index--)
    if (chars[index] !== '0') return true
  return false
}

function digitsFrom(chars: readonly string[], at: number): string {
  let text = ''
  for (let index = at; /^[0-9]$/.test(chars[index] ?? ''); index++) text += chars[index] ?? ''
  return text
}
