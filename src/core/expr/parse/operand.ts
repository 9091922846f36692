import { unaryPrecedence } from '../ast.ts'
import type { Node } from '../ast.ts'
import type { Token } from '../lexer.ts'
import { parseNumber } from '../number-literal.ts'
import { readCall } from './call.ts'
import type { Parser } from './parser.ts'
import { readPostfix } from './postfix.ts'

/** What stands between operators: with its sign, and with everything that follows it without an operator. */
export function readPrimary(parser: Parser): Node {
  const { token } = parser
  if (token.kind === 'operator') {
    const unary = unaryPrecedence.get(token.text)
    if (unary !== undefined) {
      parser.next()
      const operand = parser.expression(unary.precedence)
      const { operator } = unary
      return readPostfix(
        parser,
        parser.node({ kind: 'unary', operator, operand, at: token.at }, operand),
      )
    }
    if (parser.predicates > 0 && (token.text === '#' || token.text === '.'))
      return readPointer(parser)
    if (token.text === '::') {
      parser.next()
      return readCall(parser, parser.expectName(), [], 'builtin')
    }
  }
  if (parser.accept('bracket', '(')) {
    const node = parser.sequence()
    if (!parser.accept('bracket', ')')) {
      throw parser.fail('unclosed "(": an opened parenthesis is not properly closed', token.at)
    }
    return readPostfix(parser, node)
  }
  return readOperand(parser, token)
}

/** `#`, `#name`, or nothing before the `.` of a field. */
function readPointer(parser: Parser): Node {
  const { token } = parser
  let name = ''
  if (token.text === '#') {
    parser.next()
    if (parser.token.kind === 'name') name = parser.next().text
  }
  return readPostfix(parser, parser.node({ kind: 'pointer', name, at: token.at }))
}

function readOperand(parser: Parser, token: Token): Node {
  const { at } = token
  if (token.kind === 'name') return readName(parser, parser.next())
  if (token.kind === 'number') return parser.node(parseNumber(parser.next(), parser.source))
  if (token.kind === 'string') {
    parser.next()
    return readPostfix(parser, parser.node({ kind: 'string', value: token.text, at }))
  }
  if (token.kind === 'bytes') {
    parser.next()
    const value = Uint8Array.from(token.text, (unit) => unit.charCodeAt(0))
    return readPostfix(parser, parser.node({ kind: 'bytes', value, at }))
  }
  if (parser.accept('bracket', '[')) return readPostfix(parser, readList(parser, at))
  if (parser.accept('bracket', '{')) return readPostfix(parser, readMap(parser, at))
  throw parser.unexpected()
}

function readName(parser: Parser, { text, at }: Token): Node {
  if (text === 'true' || text === 'false')
    return parser.node({ kind: 'bool', value: text === 'true', at })
  if (text === 'nil') return parser.node({ kind: 'nil', at })
  if (parser.is('bracket', '(')) return readCall(parser, { kind: 'name', text, at }, [])
  return readPostfix(parser, parser.node({ kind: 'name', name: text, at }))
}

function readList(parser: Parser, at: number): Node {
  const items: Node[] = []
  while (!parser.is('bracket', ']')) {
    if (items.length > 0) {
      parser.expect('operator', ',')
      if (parser.is('bracket', ']')) break
    }
    items.push(parser.expression(0))
  }
  parser.next()
  return parser.node({ kind: 'list', items, at }, ...items)
}

function readMap(parser: Parser, at: number): Node {
  const pairs: { key: Node; value: Node }[] = []
  while (!parser.is('bracket', '}')) {
    if (pairs.length > 0) {
      parser.expect('operator', ',')
      if (parser.is('bracket', '}')) break
    }
    const key = readKey(parser)
    parser.expect('operator', ':')
    pairs.push({ key, value: parser.expression(0) })
    parser.count(at)
  }
  parser.next()
  return parser.node({ kind: 'map', pairs, at }, ...pairs.flatMap(({ key, value }) => [key, value]))
}

function readKey(parser: Parser): Node {
  const { token } = parser
  if (token.kind === 'name' || token.kind === 'number' || token.kind === 'string') {
    parser.next()
    return parser.node({ kind: 'string', value: token.text, at: token.at })
  }
  if (token.kind === 'bracket' && token.text === '(') return parser.expression(0)
  throw parser.unexpected(
    'a map key: a quoted string, a number, a name, or an expression in parentheses',
  )
}
