import type { Node } from '../ast.ts'
import { isBuiltin, predicateShape } from '../builtin-names.ts'
import type { Token } from '../lexer.ts'
import type { Parser } from './parser.ts'
import { readPostfix } from './postfix.ts'

/** A call of a name; the arguments so far are what was piped in. */
export function readCall(
  parser: Parser,
  name: Token,
  piped: readonly Node[],
  which: 'any' | 'builtin' = 'any',
): Node {
  const { at } = name
  const overridden = which === 'any' && (parser.overridden?.has(name.text) ?? false)
  const shape = overridden ? undefined : predicateShape(name.text)
  if (shape !== undefined) {
    const args = readPredicateArguments(parser, shape, piped)
    return readPostfix(parser, parser.node({ kind: 'builtin', name: name.text, args, at }, ...args))
  }
  const args = readArguments(parser, piped)
  if (!overridden && isBuiltin(name.text)) {
    return readPostfix(parser, parser.node({ kind: 'builtin', name: name.text, args, at }, ...args))
  }
  const callee = parser.node({ kind: 'name', name: name.text, at })
  return readPostfix(parser, parser.node({ kind: 'call', callee, args, at }, callee, ...args))
}

/** Arguments in parentheses, after those that were piped in. */
export function readArguments(parser: Parser, piped: readonly Node[]): Node[] {
  const args = [...piped]
  parser.expect('bracket', '(')
  while (!parser.is('bracket', ')')) {
    if (args.length > piped.length) {
      parser.expect('operator', ',')
      if (parser.is('bracket', ')')) break
    }
    args.push(parser.expression(0))
  }
  parser.next()
  return args
}

/** The arguments of `filter` and its like: a list, a predicate, and what may follow. */
function readPredicateArguments(
  parser: Parser,
  shape: { readonly required: number; readonly tail: number },
  piped: readonly Node[],
): Node[] {
  const args = [...piped]
  parser.expect('bracket', '(')
  if (args.length === 0) args.push(parser.expression(0))
  const most = 2 + shape.tail
  while (args.length < most) {
    if (args.length >= shape.required && parser.is('bracket', ')')) break
    // After a piped list the predicate comes first, without a comma before it.
    if (args.length > piped.length) parser.expect('operator', ',')
    if (args.length >= shape.required && parser.is('bracket', ')')) break
    args.push(args.length === 1 ? readPredicate(parser) : parser.expression(0))
  }
  parser.accept('operator', ',')
  parser.expect('bracket', ')')
  return args
}

function readPredicate(parser: Parser): Node {
  const { at } = parser.token
  const braced = parser.accept('bracket', '{')
  parser.predicates++
  const body = braced ? parser.sequence() : parser.expression(0)
  parser.predicates--
  if (braced) parser.expect('bracket', '}')
  else if (parser.is('operator', ';')) {
    throw parser.fail('wrap predicate with brackets { and }', parser.token.at)
  }
  return parser.node({ kind: 'predicate', body, at }, body)
}
