import { binaryOperators, unaryPrecedence } from './ast.ts'
import type { BinaryNode, BuiltinNode, ConditionalNode, MapNode, MemberNode, Node } from './ast.ts'
import { predicateShape } from './builtin-names.ts'

/** The expression as source text again: parsed, it gives the same tree. */
export function print(node: Node): string {
  return text(node, 0)
}

/** Below every operator: what may stand where a whole expression may. */
const lowest = 0
const postfix = 1_000

/** Source text that may stand where operators of this precedence bind. */
function text(node: Node, precedence: number): string {
  const [own, written] = write(node)
  return own < precedence ? `(${written})` : written
}

/** How strongly a node binds, and how it is written. */
function write(node: Node): [number, string] {
  switch (node.kind) {
    case 'nil':
      return [postfix, 'nil']
    case 'bool':
      return [postfix, String(node.value)]
    case 'int':
      return [postfix, String(node.value)]
    case 'float':
      return [postfix, floatText(node.value)]
    case 'string':
      return [postfix, quote(node.value)]
    case 'bytes':
      return [
        postfix,
        `b"${[...node.value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`,
      ]
    case 'name':
      return [postfix, node.name]
    case 'pointer':
      return [postfix, `#${node.name}`]
    case 'unary':
      return writeUnary(node.operator, node.operand)
    case 'binary':
      return writeBinary(node)
    case 'comparison': {
      const operands = node.operands.map((operand) => apart(operand, text(operand, 21)))
      return [
        20,
        operands
          .map((operand, index) =>
            index === 0 ? operand : `${node.operators[index - 1]} ${operand}`,
          )
          .join(' '),
      ]
    }
    case 'member':
      return [postfix, writeMember(node)]
    case 'slice': {
      const bounds = `${node.from === undefined ? '' : text(node.from, lowest)}:${node.to === undefined ? '' : text(node.to, lowest)}`
      return [postfix, `${base(node.object)}[${bounds}]`]
    }
    case 'chain':
      return write(node.inner)
    case 'call':
      return [postfix, `${base(node.callee)}(${args(node.args)})`]
    case 'builtin':
      return [postfix, writeBuiltin(node)]
    case 'predicate':
      return [lowest, text(node.body, lowest)]
    case 'let':
      return [
        lowest - 1,
        `let ${node.name} = ${text(node.value, lowest)}; ${text(node.body, lowest - 2)}`,
      ]
    case 'sequence':
      return [
        lowest - 2,
        node.items
          .map((item, index) => text(item, index === node.items.length - 1 ? lowest - 1 : lowest))
          .join('; '),
      ]
    case 'conditional':
      return [lowest, writeConditional(node)]
    case 'list':
      return [postfix, `[${args(node.items)}]`]
    case 'map':
      return [postfix, writeMap(node)]
  }
}

function args(nodes: readonly Node[]): string {
  return nodes.map((node) => text(node, lowest)).join(', ')
}

function writeUnary(operator: string, operand: Node): [number, string] {
  const precedence = unaryPrecedence.get(operator)?.precedence ?? lowest
  const space = operator === 'not' || (operand.kind === 'unary' && operator !== '!') ? ' ' : ''
  // `not (a in b)` is how `a not in b` reads: as strong as a comparison.
  return [precedence, `${operator}${space}${text(operand, precedence)}`]
}

function writeBinary(node: BinaryNode): [number, string] {
  const facts = binaryOperators.get(node.operator)
  const precedence = facts?.precedence ?? lowest
  const right = facts?.rightAssociative === true
  const left = text(node.left, right ? precedence + 1 : precedence)
  const wrap = node.operator === '??' ? (_: Node, written: string) => written : apart
  const rightText = text(node.right, right ? precedence : precedence + 1)
  // Comparisons side by side would read as a chain.
  const chainLeft = isComparison(node) && isComparison(node.left) ? `(${left})` : left
  return [
    precedence,
    `${wrap(node.left, chainLeft)} ${node.operator} ${wrap(node.right, rightText)}`,
  ]
}

/** A `??` may not stand beside another operator without parentheses; it always gets them. */
function apart(operand: Node, written: string): string {
  return operand.kind === 'binary' && operand.operator === '??' ? `(${written})` : written
}

function isComparison(node: Node): boolean {
  return (
    node.kind === 'comparison' ||
    (node.kind === 'binary' && ['<', '>', '<=', '>='].includes(node.operator))
  )
}

/** What stands before `.`, `[` and `(`. */
function base(node: Node): string {
  if (node.kind === 'int' || node.kind === 'float' || node.kind === 'bool' || node.kind === 'nil') {
    return `(${text(node, lowest)})`
  }
  return text(node, postfix)
}

function writeMember(node: MemberNode): string {
  const object = base(node.object)
  // After the end of a chain `.name` would go on with it; brackets do not.
  const joins = node.object.kind === 'chain'
  if (!joins && node.property.kind === 'string' && isName(node.property.value)) {
    return `${object}${node.optional ? '?.' : '.'}${node.property.value}`
  }
  return `${object}${node.optional ? '?.' : ''}[${text(node.property, lowest)}]`
}

function isName(value: string): boolean {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(value)
}

function writeBuiltin(node: BuiltinNode): string {
  if (predicateShape(node.name) === undefined) return `${node.name}(${args(node.args)})`
  const written = node.args.map((arg) =>
    arg.kind === 'predicate' ? `{${text(arg.body, lowest - 2)}}` : text(arg, lowest),
  )
  return `${node.name}(${written.join(', ')})`
}

function writeConditional(node: ConditionalNode): string {
  const test = text(node.test, lowest + 1)
  if (node.yes === undefined) return `${test} ? : ${text(node.no, lowest + 1)}`
  return `${test} ? ${text(node.yes, lowest + 1)} : ${text(node.no, lowest + 1)}`
}

function writeMap(node: MapNode): string {
  const pairs = node.pairs.map(({ key, value }) => {
    const name = key.kind === 'string' ? quote(key.value) : `(${text(key, lowest)})`
    return `${name}: ${text(value, lowest)}`
  })
  return `{${pairs.join(', ')}}`
}

function floatText(value: number): string {
  const written = String(value)
  return /[.e]/.test(written) ? written : `${written}.0`
}

/** A string literal with every unusual character escaped. */
function quote(value: string): string {
  let result = '"'
  for (const char of value) {
    const code = char.codePointAt(0) ?? 0
    if (char === '"' || char === '\\') result += `\\${char}`
    else if (code >= 0x20 && code < 0x7f) result += char
    else
      result +=
        code < 0x10000
          ? `\\u${code.toString(16).padStart(4, '0')}`
          : `\\U${code.toString(16).padStart(8, '0')}`
  }
  return `${result}"`
}
