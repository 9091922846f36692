import type { Node } from '../ast.ts'
import { isWordOperator } from '../lexer.ts'
import { readArguments } from './call.ts'
import type { Parser } from './parser.ts'

/** What follows an operand: members, indexes, slices, method calls. */
export function readPostfix(parser: Parser, start: Node): Node {
  let node = start
  for (;;) {
    const { token } = parser
    if (token.kind === 'operator' && (token.text === '.' || token.text === '?.')) {
      parser.next()
      const optional = token.text === '?.'
      node =
        optional && parser.is('bracket', '[')
          ? readIndex(parser, node, true)
          : readProperty(parser, node, optional)
    } else if (token.kind === 'bracket' && token.text === '[') {
      node = readIndex(parser, node, false)
    } else {
      return node
    }
  }
}

/** `.name` or `.name(...)`; goes on inside a chain that ends here. */
function readProperty(parser: Parser, start: Node, optional: boolean): Node {
  const { token } = parser
  if (token.kind !== 'name' && !(token.kind === 'operator' && isWordOperator(token.text))) {
    throw parser.unexpected('a name')
  }
  parser.next()
  const { at } = token
  const chained = start.kind === 'chain'
  const object = chained ? start.inner : start
  const property = parser.node({ kind: 'string', value: token.text, at })
  let node: Node = parser.node({ kind: 'member', object, property, optional, at }, object, property)
  if (parser.is('bracket', '(')) {
    const args = readArguments(parser, [])
    node = parser.node({ kind: 'call', callee: node, args, at }, node, ...args)
  }
  return chained || optional ? parser.node({ kind: 'chain', inner: node, at: node.at }, node) : node
}

/** `[index]`, `[from:to]`. An optional one starts a chain of its own. */
function readIndex(parser: Parser, object: Node, optional: boolean): Node {
  const { at } = parser.expect('bracket', '[')
  if (parser.accept('operator', ':')) return readSlice(parser, object, undefined, at)
  const from = parser.expression(0)
  if (parser.accept('operator', ':')) return readSlice(parser, object, from, at)
  parser.expect('bracket', ']')
  const node = parser.node({ kind: 'member', object, property: from, optional, at }, object, from)
  return optional ? parser.node({ kind: 'chain', inner: node, at }, node) : node
}

/** The rest of a slice, after its colon. */
function readSlice(parser: Parser, object: Node, from: Node | undefined, at: number): Node {
  const to = parser.is('bracket', ']') ? undefined : parser.expression(0)
  parser.expect('bracket', ']')
  const children = [object, from, to].filter((child) => child !== undefined)
  return parser.node({ kind: 'slice', object, from, to, at }, ...children)
}
