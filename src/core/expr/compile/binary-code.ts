import type { BinaryOperator, ComparisonOperator } from '../ast.ts'
import { describeKind } from '../describe.ts'
import { chargeOrder } from '../frame.ts'
import type { Code, Frame } from '../frame.ts'
import { callError } from '../function-value.ts'
import { asNumber, truncate } from '../numeric.ts'
import {
  add,
  divide,
  equal,
  isIn,
  less,
  lessOrEqual,
  modulo,
  more,
  moreOrEqual,
  multiply,
  power,
  range,
  subtract,
  textTest,
} from '../operators.ts'
import { compilePattern, isKept, matchPattern, patternAtRun } from '../regex.ts'
import { isNil } from '../value.ts'
import type { Value } from '../value.ts'

/** An operand: its code, and its value when that is known before running. */
export interface Operand {
  readonly code: Code
  readonly constant?: Value | undefined
  /** The two sides of an `and`: a third one joins them in one go. */
  readonly both?: readonly [Code, Code] | undefined
}

/** The condition of a branch: a real bool. */
export function condition(value: Value): boolean {
  if (value === true || value === false) return value
  throw callError(
    `interface conversion: interface {} is ${value === null ? 'nil' : describeKind(value)}, not bool`,
  )
}

/** The code of a binary operator, made for what is known of its operands. */
export function binaryCode(operator: BinaryOperator, left: Operand, right: Operand): Code {
  const a = left.code
  const b = right.code
  switch (operator) {
    case 'and':
    case '&&':
      return andCode(left, b)
    case 'or':
    case '||':
      return (frame) => (condition(a(frame)) ? true : b(frame))
    case '??':
      return (frame) => {
        const value = a(frame)
        return isNil(value) ? b(frame) : value
      }
    case '==':
      return equalCode(left, right, true)
    case '!=':
      return equalCode(left, right, false)
    case '<':
    case '>':
    case '<=':
    case '>=':
      return comparisonCode(operator, left, right)
    case '+':
      return (frame) => add(a(frame), b(frame), frame)
    case '-':
      return (frame) => subtract(a(frame), b(frame))
    case '*':
      return (frame) => multiply(a(frame), b(frame))
    case '/':
      return (frame) => divide(a(frame), b(frame))
    case '%':
      return (frame) => modulo(a(frame), b(frame))
    case '**':
    case '^':
      return (frame) => power(a(frame), b(frame))
    case '..':
      return (frame) => range(rangeEnd(a(frame)), rangeEnd(b(frame)), frame)
    case 'in':
      return (frame) => isIn(a(frame), b(frame), frame)
    case 'matches':
      return matchCode(a, right)
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return (frame) => textTest(operator, a(frame), b(frame), frame)
  }
}

function andCode(left: Operand, last: Code): Code {
  const first = left.code
  if (left.both === undefined) return (frame) => (condition(first(frame)) ? last(frame) : false)
  const [a, b] = left.both
  return (frame) => (condition(a(frame)) && condition(b(frame)) ? last(frame) : false)
}

function rangeEnd(value: Value): bigint {
  const number = asNumber(value)
  if (number === undefined) throw callError(`invalid operation: int(${describeKind(value)})`)
  return typeof number === 'bigint' ? number : truncate(number)
}

/** The code of `==`, or of `!=` when the wanted answer is false. With a constant it needs no look at its kind. */
function equalCode(left: Operand, right: Operand, wanted: boolean): Code {
  const known = right.constant === undefined || right.constant === null ? left : right
  const other = known === left ? right : left
  const { constant } = known
  const { code } = other
  if (typeof constant === 'string' || typeof constant === 'boolean') {
    return (frame) => (code(frame) === constant) === wanted
  }
  const number = asNumber(constant)
  if (constant !== undefined && number !== undefined) {
    const float = Number(number)
    return (frame) => {
      const value = code(frame)
      return (
        (typeof value === 'number' ? value === float : equal(value, constant, frame)) === wanted
      )
    }
  }
  const a = left.code
  const b = right.code
  return (frame) => equal(a(frame), b(frame), frame) === wanted
}

const comparisons: Readonly<Record<ComparisonOperator, (a: Value, b: Value) => boolean>> = {
  '<': less,
  '>': more,
  '<=': lessOrEqual,
  '>=': moreOrEqual,
}

export function compareValues(
  operator: ComparisonOperator,
  a: Value,
  b: Value,
  frame: Frame,
): boolean {
  chargeOrder(frame, a, b)
  return comparisons[operator](a, b)
}

function comparisonCode(operator: ComparisonOperator, left: Operand, right: Operand): Code {
  const a = left.code
  const b = right.code
  const constant = right.constant
  const number = asNumber(constant)
  if (constant === undefined || number === undefined) {
    return (frame) => compareValues(operator, a(frame), b(frame), frame)
  }
  const float = Number(number)
  return (frame) => {
    const value = a(frame)
    return typeof value === 'number'
      ? compareFloats(operator, value, float)
      : compareValues(operator, value, constant, frame)
  }
}

function compareFloats(operator: ComparisonOperator, a: number, b: number): boolean {
  switch (operator) {
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    case '>=':
      return a >= b
  }
}

/** A constant pattern is compiled at once; its error is the caller's to place. */
function matchCode(text: Code, pattern: Operand): Code {
  if (typeof pattern.constant === 'string') {
    const source = pattern.constant
    const compiled = compilePattern(source)
    const kept = isKept(compiled) ? compiled : undefined
    return (frame) => {
      const value = text(frame)
      if (isNil(value)) return false
      if (typeof value !== 'string')
        throw callError(`invalid operation: ${describeKind(value)} matches string`)
      return matchPattern(frame, kept ?? patternAtRun(frame, source), value)
    }
  }
  const code = pattern.code
  return (frame) => {
    const value = text(frame)
    const source = code(frame)
    if (isNil(value) || isNil(source)) return false
    if (typeof value !== 'string' || typeof source !== 'string') {
      throw callError(`invalid operation: ${describeKind(value)} matches ${describeKind(source)}`)
    }
    return matchPattern(frame, patternAtRun(frame, source), value)
  }
}

/** Membership in a literal list of strings: Go looks it up in a set, so the needle must be a string (nil is ""). */
export function stringSetCode(needle: Code, members: ReadonlySet<string>): Code {
  return (frame) => {
    const value = needle(frame)
    if (value === null) return members.has('')
    if (typeof value === 'string') return members.has(value)
    throw callError(`cannot look up ${describeKind(value)} in a list of strings`)
  }
}
