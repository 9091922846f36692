import type { Node } from '../ast.ts'
import { ExpressionError } from '../error.ts'
import { readExpression } from './expression.ts'
import { Parser } from './parser.ts'
import type { Grammar } from './parser.ts'

export interface ParseOptions {
  /** Functions that take the place of builtins of the same name. */
  readonly overridden?: ReadonlyMap<string, unknown> | undefined
}

/** UTF-16 units of one source text. */
const maxSourceLength = 1_000_000

const grammar: Grammar = { sequence: readSequence, expression: readExpression }

/** Reads a source text. Throws ExpressionError of kind compile, or budget when it is too long, large or deep. */
export function parse(source: string, options: ParseOptions = {}): Node {
  if (source.length > maxSourceLength) {
    throw new ExpressionError({
      kind: 'budget',
      reason: `the expression is longer than ${maxSourceLength} characters`,
    })
  }
  const parser = new Parser(source, options.overridden, grammar)
  const node = parser.sequence()
  if (parser.token.kind !== 'end') throw parser.unexpected()
  return node
}

function readSequence(parser: Parser): Node {
  const first = parser.expression(0)
  if (!parser.is('operator', ';')) return first
  const items = [first]
  while (parser.accept('operator', ';')) {
    if (parser.token.kind === 'end') break
    items.push(parser.expression(0))
  }
  return items.length === 1
    ? first
    : parser.node({ kind: 'sequence', items, at: first.at }, ...items)
}
