import { binaryOperators, comparisonOperator, negatable, pipePrecedence } from '../ast.ts'
import type { BinaryOperator, ComparisonOperator, Node } from '../ast.ts'
import { readCall } from './call.ts'
import { readPrimary } from './operand.ts'
import type { Parser } from './parser.ts'

/** `let`, `if`, or operands with operators that bind at least so strongly. */
export function readExpression(parser: Parser, precedence: number): Node {
  if (precedence === 0 && parser.is('operator', 'let')) return readLet(parser)
  if (precedence === 0 && parser.is('operator', 'if')) return readIf(parser)
  const node = readOperators(parser, readPrimary(parser), precedence)
  return precedence === 0 ? readConditional(parser, node) : node
}

function readOperators(parser: Parser, first: Node, precedence: number): Node {
  let left = first
  let previous = ''
  while (parser.token.kind === 'operator') {
    const negated = readNegation(parser, precedence)
    if (negated === 'stop') break
    const { token } = parser
    if (token.text === '|' && precedence <= pipePrecedence) {
      parser.next()
      left = readCall(parser, parser.expectName(), [left])
      previous = '|'
      continue
    }
    const facts = binaryOperators.get(token.text)
    if (facts === undefined || facts.precedence < precedence) break
    parser.next()
    if (previous === '??' && token.text !== '??') {
      throw parser.fail(
        `Operator (${token.text}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`,
        token.at,
      )
    }
    const comparison = comparisonOperator(token.text)
    if (comparison !== undefined) {
      left = readComparison(parser, left, comparison, token.at, facts.precedence)
    } else {
      const right = parser.expression(facts.precedence + (facts.rightAssociative ? 0 : 1))
      left = binary(parser, facts.operator, left, right, token.at)
      if (negated)
        left = parser.node({ kind: 'unary', operator: 'not', operand: left, at: token.at }, left)
    }
    previous = token.text
  }
  return left
}

/** Steps over the `not` of `not in` and its like. `stop`: what follows belongs to an outer expression. */
function readNegation(parser: Parser, precedence: number): boolean | 'stop' {
  if (parser.token.text !== 'not') return false
  const after = parser.following
  const facts = negatable.has(after.text) ? binaryOperators.get(after.text) : undefined
  if (facts === undefined || after.kind !== 'operator') {
    parser.next()
    throw parser.unexpected()
  }
  if (facts.precedence < precedence) return 'stop'
  parser.next()
  return true
}

function binary(
  parser: Parser,
  operator: BinaryOperator,
  left: Node,
  right: Node,
  at: number,
): Node {
  return parser.node({ kind: 'binary', operator, left, right, at }, left, right)
}

/** `a < b < c` compares each with the next. */
function readComparison(
  parser: Parser,
  first: Node,
  operator: ComparisonOperator,
  at: number,
  precedence: number,
): Node {
  const second = parser.expression(precedence + 1)
  const operands = [first, second]
  const operators = [operator]
  for (;;) {
    const next =
      parser.token.kind === 'operator' ? comparisonOperator(parser.token.text) : undefined
    if (next === undefined) break
    parser.next()
    operators.push(next)
    operands.push(parser.expression(precedence + 1))
  }
  if (operators.length === 1) return binary(parser, operator, first, second, at)
  return parser.node({ kind: 'comparison', operands, operators, at }, ...operands)
}

function readLet(parser: Parser): Node {
  parser.expect('operator', 'let')
  const name = parser.expectName()
  parser.expect('operator', '=')
  const value = parser.expression(0)
  parser.expect('operator', ';')
  const body = parser.nested(() => parser.sequence())
  return parser.node({ kind: 'let', name: name.text, value, body, at: name.at }, value, body)
}

function readIf(parser: Parser): Node {
  const { at } = parser.expect('operator', 'if')
  const test = parser.expression(0)
  const yes = readBlock(parser)
  parser.expect('operator', 'else')
  const no = parser.is('operator', 'if') ? parser.nested(() => readIf(parser)) : readBlock(parser)
  return parser.node({ kind: 'conditional', test, yes, no, at }, test, yes, no)
}

function readBlock(parser: Parser): Node {
  parser.expect('bracket', '{')
  const node = parser.sequence()
  parser.expect('bracket', '}')
  return node
}

/** `test ? yes : no`, and `test ?: no`. */
function readConditional(parser: Parser, start: Node): Node {
  let test = start
  while (parser.is('operator', '?')) {
    const { at } = parser.next()
    const elvis = parser.accept('operator', ':')
    const yes = elvis ? undefined : parser.expression(0)
    if (yes !== undefined) parser.expect('operator', ':')
    const no = parser.expression(0)
    test = parser.node({ kind: 'conditional', test, yes, no, at }, test, yes ?? test, no)
  }
  return test
}
