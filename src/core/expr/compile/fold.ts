import type { BinaryOperator, UnaryOperator } from '../ast.ts'
import type { Compiled } from './compiled.ts'
import { divide, modulo, multiply, negate, power, subtract } from '../operators.ts'
import { bool } from '../types.ts'
import { wrapInt } from '../value.ts'
import type { Value } from '../value.ts'

/** What is known before running is computed before running. This shows: `x or true` is true whatever x is. */

/** Longer texts are not joined before running. */
const maxFoldedText = 10_000

export function foldUnary(operator: UnaryOperator, operand: Value | undefined): Value | undefined {
  if (typeof operand === 'boolean')
    return operator === 'not' || operator === '!' ? !operand : undefined
  if (typeof operand !== 'bigint' && typeof operand !== 'number') return undefined
  if (operator === '-') return negate(operand)
  return operator === '+' ? operand : undefined
}

/** The value of an operator on two known numbers or texts. Throws a call error where it has none. */
export function foldBinary(
  operator: BinaryOperator,
  left: Value | undefined,
  right: Value | undefined,
): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') {
    return operator === '+' && left.length + right.length <= maxFoldedText
      ? left + right
      : undefined
  }
  if (!isNumber(left) || !isNumber(right)) return undefined
  if (operator === '+') {
    return typeof left === 'bigint' && typeof right === 'bigint'
      ? wrapInt(left + right)
      : Number(left) + Number(right)
  }
  return arithmetic.get(operator)?.(left, right)
}

const arithmetic: ReadonlyMap<BinaryOperator, (left: Value, right: Value) => Value> = new Map([
  ['-', subtract],
  ['*', multiply],
  ['/', divide],
  ['%', modulo],
  ['**', power],
  ['^', power],
])

function isNumber(value: Value | undefined): value is number | bigint {
  return typeof value === 'bigint' || typeof value === 'number'
}

/**
 * `and` and `or` with a known side: `true and x` and `x and true` are x as it is, `x and false` is false without
 * looking at x; `or` the other way round.
 */
export function foldLogic(
  operator: BinaryOperator,
  left: Compiled,
  right: Compiled,
): Compiled | undefined {
  const isAnd = operator === 'and' || operator === '&&'
  if (!isAnd && operator !== 'or' && operator !== '||') return undefined
  if (left.constant === isAnd) return right
  if (right.constant === isAnd) return left
  if (left.constant === !isAnd || right.constant === !isAnd) {
    return { type: bool, constant: !isAnd, code: () => !isAnd }
  }
  return undefined
}
