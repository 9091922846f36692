import { parseGoBool, parseGoFloat } from '../../core/expr/go-number.ts'
import type { ScalarValue } from '../../core/yaml.ts'

/** How the scalar that is replaced was written. */
export interface ScalarStyle {
  readonly quote: 'double' | 'single' | 'none'
  /** Inside `[...]` or `{...}`. */
  readonly isFlow: boolean
}

/** A scalar as YAML text on one line, which every YAML reader takes for exactly this value. */
export function renderScalar(value: ScalarValue, style: ScalarStyle): string {
  if (typeof value !== 'string') return String(value)
  if (style.quote === 'double') return quoteDouble(value)
  if (style.quote === 'single' && isPrintable(value)) return `'${value.replaceAll("'", "''")}'`
  return isPlain(value, style.isFlow) ? value : quoteDouble(value)
}

/** Whether a string can stand without quotes and still be that string. */
function isPlain(text: string, isFlow: boolean): boolean {
  if (text === '' || text !== text.trim() || !isPrintable(text)) return false
  if (/^[-?:,[\]{}#&*!|>'"%@`=]/u.test(text) && !/^[-?:][^\s,[\]{}]/u.test(text)) return false
  if (/: |:$| #|^(---|\.\.\.)/u.test(text)) return false
  if (isFlow && /[,[\]{}:]/u.test(text)) return false
  return !looksTyped(text)
}

/** What a reader of YAML 1.1, 1.2 or Go might take for something else than a string. */
function looksTyped(text: string): boolean {
  return (
    /^(~|null|true|false|yes|no|on|off|y|n|<<|[-+]?\.(inf|nan))$/iu.test(text) ||
    /^[-+]?([\d_]*|(\d[\d_]*)?\.[\d_]*)(e[-+]?\d+)?$/iu.test(text) ||
    /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$/u.test(text) ||
    /^[-+]?0[box][\da-f_]+$/iu.test(text) ||
    /^\d{4}-\d{1,2}-\d{1,2}([Tt\s].*)?$/u.test(text) ||
    parsesAsJson(text) ||
    isGoTyped(text)
  )
}

/** The strings that Kargo puts in quotes: those that Go would read as a number or a bool, and JSON texts. */
export function isKargoQuoted(text: string): boolean {
  return isGoTyped(text) || parsesAsJson(text)
}

function isGoTyped(text: string): boolean {
  return parseGoFloat(text) !== undefined || parseGoBool(text) !== undefined
}

function parsesAsJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isPrintable(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff]/u.test(text)
}

function quoteDouble(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
