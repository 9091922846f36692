import type { FloatNode, IntNode } from './ast.ts'
import { ExpressionError } from './error.ts'
import type { Token } from './lexer.ts'

const int64Max = 2n ** 63n - 1n

/** What a number token means: an integer within 64 bits, or a float. Throws ExpressionError of kind compile. */
export function parseNumber(token: Token, source: string): IntNode | FloatNode {
  const digits = token.text.replaceAll('_', '')
  const at = token.at
  const fail = (what: string): ExpressionError =>
    new ExpressionError({ kind: 'compile', reason: `invalid ${what} literal`, source, offset: at })
  if (/^0[xob]/i.test(digits)) {
    if (!/^0(x[0-9a-f]+|o[0-7]+|b[01]+)$/i.test(digits)) throw fail('integer')
    const value = BigInt(digits.toLowerCase())
    if (value > int64Max) throw fail('integer')
    return { kind: 'int', value, at }
  }
  if (/[.eE]/.test(digits)) {
    if (!/^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(digits)) throw fail('float')
    const value = Number(digits)
    if (!Number.isFinite(value)) throw fail('float')
    return { kind: 'float', value, at }
  }
  if (digits === '') throw fail('integer')
  const value = BigInt(digits)
  if (value > int64Max) throw fail('integer')
  return { kind: 'int', value, at }
}
