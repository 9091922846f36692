import { ExpressionError } from './error.ts'
import { isDigit, isLetter, isSpace } from './go-chars.ts'
import { scanQuoted } from './string-literal.ts'

export type TokenKind = 'name' | 'number' | 'string' | 'bytes' | 'operator' | 'bracket' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** The text; of strings and bytes what they mean (bytes: one character per byte). */
  readonly text: string
  /** Where it starts, in UTF-16 units. */
  readonly at: number
}

const wordOperators: ReadonlySet<string> = new Set([
  'not',
  'in',
  'or',
  'and',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
])

/** True for the words that are operators: they may still be used after a dot. */
export function isWordOperator(word: string): boolean {
  return wordOperators.has(word)
}

/** True for what a name may consist of; a digit only after the first character. */
function isNameChar(char: string): boolean {
  return char === '_' || char === '$' || isLetter(char) || isDigit(char)
}

/** Cuts a source text into tokens; the last one is `end`. Throws ExpressionError of kind compile. */
export function lex(source: string): Token[] {
  return new Lexer(source).run()
}

class Lexer {
  readonly #source: string
  readonly #tokens: Token[] = []
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  run(): Token[] {
    while (this.#at < this.#source.length) this.#next()
    this.#tokens.push({ kind: 'end', text: '', at: this.#source.length })
    return this.#tokens
  }

  #next(): void {
    const start = this.#at
    const char = this.#char()
    if (isSpace(char)) {
      this.#at += char.length
      return
    }
    if (char === "'" || char === '"') {
      const literal = scanQuoted(this.#source, start, 'text')
      this.#at = literal.end
      this.#push('string', literal.text, start)
      return
    }
    if (char === '`') {
      this.#push('string', this.#rawString(), start)
      return
    }
    if (char === 'b' && /['"]/.test(this.#source.charAt(start + 1))) {
      const literal = scanQuoted(this.#source, start + 1, 'bytes')
      this.#at = literal.end
      this.#push('bytes', literal.text, start)
      return
    }
    if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(this.#source.charAt(start + 1)))) {
      this.#number()
      return
    }
    if (this.#comment(char)) return
    if (char === '#') {
      this.#pointer()
      return
    }
    if ('([{}])'.includes(char)) {
      this.#at++
      this.#push('bracket', char, start)
      return
    }
    const operator = this.#symbol(char)
    if (operator !== '') {
      this.#at += operator.length
      this.#push('operator', operator, start)
      return
    }
    if (isNameChar(char)) {
      const word = this.#word()
      this.#push(wordOperators.has(word) ? 'operator' : 'name', word, start)
      return
    }
    throw this.#fail(`unrecognized character: ${JSON.stringify(char)}`, start)
  }

  #push(kind: TokenKind, text: string, at: number): void {
    this.#tokens.push({ kind, text, at })
  }

  /** The code point at the current place. */
  #char(): string {
    const code = this.#source.codePointAt(this.#at)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  #word(): string {
    const start = this.#at
    for (let char = this.#char(); char !== '' && isNameChar(char); char = this.#char()) {
      this.#at += char.length
    }
    return this.#source.slice(start, this.#at)
  }

  #symbol(char: string): string {
    const second = this.#source.charAt(this.#at + 1)
    switch (char) {
      case '?':
        return second === '.' || second === '?' ? char + second : char
      case '|':
      case ':':
      case '.':
        return second === char ? char + second : char
      case '/':
      case ',':
      case ';':
      case '%':
      case '+':
      case '-':
      case '^':
        return char
      case '&':
      case '!':
      case '=':
      case '*':
      case '<':
      case '>':
        return second === '&' || second === '=' || second === '*' ? char + second : char
      default:
        return ''
    }
  }

  /** Skips a comment that starts here. */
  #comment(char: string): boolean {
    if (char !== '/') return false
    const second = this.#source.charAt(this.#at + 1)
    if (second === '/') {
      const end = this.#source.indexOf('\n', this.#at)
      this.#at = end === -1 ? this.#source.length : end + 1
      return true
    }
    if (second !== '*') return false
    const end = this.#source.indexOf('*/', this.#at + 2)
    if (end === -1) throw this.#fail('unclosed comment', this.#at)
    this.#at = end + 2
    return true
  }

  /** `#`, and the name that follows it without a space. */
  #pointer(): void {
    const start = this.#at
    this.#at++
    this.#push('operator', '#', start)
    const word = this.#word()
    if (word !== '') this.#push('name', word, start + 1)
  }

  /** A backtick string: two backticks stand for one. */
  #rawString(): string {
    const start = this.#at
    const parts: string[] = []
    for (let from = start + 1; ;) {
      const end = this.#source.indexOf('`', from)
      if (end === -1) throw this.#fail('literal not terminated', start)
      if (this.#source.charAt(end + 1) !== '`') {
        parts.push(this.#source.slice(from, end))
        this.#at = end + 1
        return parts.join('')
      }
      parts.push(this.#source.slice(from, end + 1))
      from = end + 2
    }
  }

  #number(): void {
    const start = this.#at
    const prefix = /^0[xX]|^0[oO]|^0[bB]/.exec(this.#source.slice(start, start + 2))?.[0]
    const digits = digitsOf(prefix)
    this.#at += prefix?.length ?? 0
    this.#run(digits)
    if (this.#source.charAt(this.#at) === '.') {
      // `1..2` is a range, not `1.` and `.2`.
      if (this.#source.charAt(this.#at + 1) === '.') {
        this.#push('number', this.#source.slice(start, this.#at), start)
        return
      }
      this.#at++
      this.#run(digits)
    }
    if (/[eE]/.test(this.#source.charAt(this.#at))) {
      this.#at++
      if (/[+-]/.test(this.#source.charAt(this.#at))) this.#at++
      this.#run(digits)
    }
    const after = this.#char()
    if (after !== '' && isNameChar(after)) {
      const text = this.#source.slice(start, this.#at + after.length)
      throw this.#fail(`bad number syntax: ${JSON.stringify(text)}`, start)
    }
    this.#push('number', this.#source.slice(start, this.#at), start)
  }

  #run(digits: string): void {
    while (this.#at < this.#source.length && digits.includes(this.#source.charAt(this.#at)))
      this.#at++
  }

  #fail(reason: string, offset: number): ExpressionError {
    return new ExpressionError({ kind: 'compile', reason, source: this.#source, offset })
  }
}

const prefixedDigits: Readonly<Record<string, string>> = {
  '0x': '0123456789abcdefABCDEF_',
  '0o': '01234567_',
  '0b': '01_',
}

function digitsOf(prefix: string | undefined): string {
  return prefixedDigits[prefix?.toLowerCase() ?? ''] ?? '0123456789_'
}
