import type { BinaryNode, BinaryOperator, ComparisonNode, Node, UnaryNode } from '../ast.ts'
import { checkBinary } from '../check.ts'
import type { Code } from '../frame.ts'
import { negate, plus } from '../operators.ts'
import { bool, isAny, isBool, isInt, isNumber, typeText } from '../types.ts'
import { binaryCode, compareValues, condition, stringSetCode } from './binary-code.ts'
import { literal } from './compiled.ts'
import type { Compiled } from './compiled.ts'
import type { Compiler } from './compiler.ts'
import { foldBinary, foldLogic, foldUnary } from './fold.ts'
import { combinePredicates } from './rewrite.ts'
import { stackedOperands } from './stack.ts'

export function compileUnary(compiler: Compiler, node: UnaryNode): Compiled {
  const operand = compiler.visit(node.operand)
  const { operator } = node
  const isNot = operator === 'not' || operator === '!'
  const fits = isAny(operand.type) || (isNot ? isBool(operand.type) : isNumber(operand.type))
  if (!fits)
    compiler.wrong(
      node,
      `invalid operation: ${operator} (mismatched type ${typeText(operand.type)})`,
    )
  const folded = foldUnary(operator, operand.constant)
  const type = isNot ? bool : operand.type
  if (folded !== undefined) return literal(type, folded)
  const { code } = operand
  if (isNot) return { type, code: (frame) => !condition(code(frame)) }
  return {
    type,
    code: operator === '-' ? (frame) => negate(code(frame)) : (frame) => plus(code(frame)),
  }
}

/** Operators that may not look at their right side. */
const lazy: ReadonlySet<BinaryOperator> = new Set(['and', '&&', 'or', '||', '??'])

export function compileBinary(compiler: Compiler, node: BinaryNode): Compiled {
  const combined = combinePredicates(node)
  if (combined !== undefined) return compiler.visit(combined)
  const { leaky } = compiler
  const left = compiler.visit(node.left)
  const right = compiler.visit(node.right)
  const { operator } = node
  const type = compiler.checked(node, checkBinary(operator, left.type, right.type))
  const logic = foldLogic(operator, left, right)
  if (logic !== undefined) return logic
  const folded = compiler.attempt(node, () => foldBinary(operator, left.constant, right.constant))
  if (folded !== undefined) return literal(type, folded)
  if (operator === '%' && right.constant === 0n) compiler.wrong(node, 'integer divide by zero')
  const special = operator === 'in' ? membership(node.right, left) : undefined
  if (special !== undefined) return { type, code: special }
  if (compiler.leaky > leaky && !lazy.has(operator)) {
    return { type, code: stackedBinary(compiler, operator, left, right) }
  }
  const code = compiler.attempt(node, () => binaryCode(operator, left, right))
  const isPair =
    (operator === 'and' || operator === '&&') && left.both === undefined && !compiler.instrumented
  return { type, code, both: isPair ? [left.code, right.code] : undefined }
}

function stackedBinary(
  compiler: Compiler,
  operator: BinaryOperator,
  left: Compiled,
  right: Compiled,
): Code {
  const first = compiler.newSlot()
  const second = compiler.newSlot()
  const operate = binaryCode(
    operator,
    { code: (frame) => frame.slots[first] ?? null },
    { code: (frame) => frame.slots[second] ?? null },
  )
  const codes = [left.code, right.code]
  return (frame) => {
    const [a = null, b = null] = stackedOperands(codes, frame)
    frame.slots[first] = a
    frame.slots[second] = b
    return operate(frame)
  }
}

/** Membership in a literal list of strings, and of an integer in a range, without making either. */
function membership(list: Node, needle: Compiled): Code | undefined {
  if (list.kind === 'list' && list.items.length > 0) {
    const texts = list.items.flatMap((item) => (item.kind === 'string' ? [item.value] : []))
    if (texts.length === list.items.length) return stringSetCode(needle.code, new Set(texts))
  }
  if (list.kind !== 'binary' || list.operator !== '..' || !isInt(needle.type)) return undefined
  const { left, right } = list
  if (left.kind !== 'int' || right.kind !== 'int') return undefined
  const { code } = needle
  return (frame) => {
    const value = code(frame)
    return (
      compareValues('>=', value, left.value, frame) &&
      compareValues('<=', value, right.value, frame)
    )
  }
}

/** `a < b < c`. */
export function compileComparison(compiler: Compiler, node: ComparisonNode): Compiled {
  const [first, ...rest] = node.operands.map((operand) => compiler.visit(operand))
  if (first === undefined) throw compiler.fail(node, 'a comparison needs operands')
  let left = first
  const steps = rest.map((right, index) => {
    const operator = node.operators[index] ?? '<'
    compiler.checked(node, checkBinary(operator, left.type, right.type))
    left = right
    return { operator, code: right.code }
  })
  return {
    type: bool,
    code: (frame) => {
      let value = first.code(frame)
      for (const { operator, code } of steps) {
        const next = code(frame)
        if (!compareValues(operator, value, next, frame)) return false
        value = next
      }
      return true
    },
  }
}
