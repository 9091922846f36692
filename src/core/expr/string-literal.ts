import { toBytes } from './bytes.ts'
import { ExpressionError } from './error.ts'

export interface QuotedLiteral {
  /** What the literal means. For bytes one character, U+0000..U+00FF, per byte. */
  readonly text: string
  /** Just after the closing quote. */
  readonly end: number
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** How many hexadecimal digits follow. */
const hexEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** Reads the quoted literal whose opening quote stands at `start`. Throws ExpressionError of kind compile. */
export function scanQuoted(source: string, start: number, form: 'text' | 'bytes'): QuotedLiteral {
  const quote = source.charAt(start)
  const parts: string[] = []
  let at = start + 1
  for (;;) {
    const from = at
    while (at < source.length && !isSpecial(source.charAt(at), quote)) at++
    if (at > from) parts.push(plain(source.slice(from, at), form))
    const char = source.charAt(at)
    if (char === quote) return { text: parts.join(''), end: at + 1 }
    if (char === '\r') {
      // Line ends inside a literal read as a newline, however they were written.
      parts.push('\n')
      at++
      continue
    }
    if (char !== '\\') throw fail(source, start, 'literal not terminated')
    const escape = readEscape(source, at, quote, form)
    parts.push(escape.text)
    at = escape.end
  }
}

function isSpecial(char: string, quote: string): boolean {
  return char === quote || char === '\\' || char === '\n' || char === '\r'
}

function plain(text: string, form: 'text' | 'bytes'): string {
  if (form === 'text') return text
  let units = ''
  for (const byte of toBytes(text)) units += String.fromCharCode(byte)
  return units
}

function readEscape(
  source: string,
  at: number,
  quote: string,
  form: 'text' | 'bytes',
): QuotedLiteral {
  const letter = source.charAt(at + 1)
  if (letter === quote) return { text: quote, end: at + 2 }
  const simple = Object.hasOwn(simpleEscapes, letter) ? simpleEscapes[letter] : undefined
  if (simple !== undefined) return { text: simple, end: at + 2 }
  const octal = /^[0-3][0-7]{2}/.exec(source.slice(at + 1, at + 4))?.[0]
  if (octal !== undefined)
    return { text: String.fromCharCode(Number.parseInt(octal, 8)), end: at + 4 }
  const isUnicode = letter === 'u' || letter === 'U'
  if (Object.hasOwn(hexEscapes, letter) && !(isUnicode && form === 'bytes')) {
    const braced =
      letter === 'u' ? /^\{([0-9a-fA-F]{1,6})\}/.exec(source.slice(at + 2, at + 10)) : null
    const size = hexEscapes[letter] ?? 0
    const digits = braced?.[1] ?? source.slice(at + 2, at + 2 + size)
    const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : -1
    if (code >= 0 && code <= 0x10ffff && (braced !== null || digits.length === size)) {
      return {
        text: code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code),
        end: at + 2 + (braced?.[0].length ?? size),
      }
    }
  }
  throw fail(source, at, 'invalid char escape')
}

function fail(source: string, offset: number, reason: string): ExpressionError {
  return new ExpressionError({ kind: 'compile', reason, source, offset })
}
