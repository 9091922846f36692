import { describeKind } from '../describe.ts'
import { less, more } from '../operators.ts'
import type { Frame } from '../frame.ts'
import { callError } from '../function-value.ts'
import { parseGoFloat, parseGoInt } from '../go-number.ts'
import { asNumber, namedWhole, truncate, wholeNumber } from '../numeric.ts'
import { any, float, int, isAny, isArray, isNumber, signature } from '../types.ts'
import type { Type } from '../types.ts'
import { isList, wrapInt } from '../value.ts'
import type { Value } from '../value.ts'
import { invalid, single, typed, wrongCount } from './builtin.ts'
import type { Builtin, BuiltinTable } from './builtin.ts'
import { wrong } from '../check.ts'

const numberRule = (type: Type): Type | undefined =>
  isNumber(type) || isAny(type) ? type : undefined
const floatRule = (type: Type): Type | undefined =>
  isNumber(type) || isAny(type) ? float : undefined

const isNamedWhole = (type: Type): boolean =>
  type.kind === 'object' && (type.shape === 'int' || type.shape === 'int64')

/** Builtins on numbers. */
export const numberBuiltins: BuiltinTable = {
  abs: single('abs', numberRule, (value) => {
    const number = asNumber(value)
    if (number === undefined) throw invalid('abs', value)
    if (typeof number === 'bigint') return number < 0n ? wrapInt(-number) : number
    return Math.abs(number)
  }),
  ceil: rounding('ceil', Math.ceil),
  floor: rounding('floor', Math.floor),
  round: rounding('round', roundAway),
  int: single(
    'int',
    (type) =>
      numberRule(type) !== undefined || type.kind === 'string' || isNamedWhole(type)
        ? int
        : undefined,
    (value) => {
      const number = asNumber(value) ?? namedWhole(value)
      if (typeof number === 'bigint') return number
      if (number !== undefined) return truncate(number)
      const parsed = typeof value === 'string' ? parseGoInt(value) : undefined
      if (parsed === undefined) throw callError('invalid operation: int(%s)', shown(value))
      return parsed
    },
  ),
  float: single(
    'float',
    (type) => (numberRule(type) !== undefined || type.kind === 'string' ? float : undefined),
    (value) => {
      const number = asNumber(value)
      if (number !== undefined) return Number(number)
      const parsed = typeof value === 'string' ? parseGoFloat(value) : undefined
      if (parsed === undefined) throw callError('invalid operation: float(%s)', shown(value))
      return parsed
    },
  ),
  max: aggregate('max', (args, frame) => extreme('max', less, args, frame, 0)),
  min: aggregate('min', (args, frame) => extreme('min', more, args, frame, 0)),
  mean: aggregate('mean', (args, frame) => {
    const numbers = flat('mean', args, frame)
    return numbers.length === 0 ? 0 : numbers.reduce((sum, each) => sum + each, 0) / numbers.length
  }),
  median: aggregate('median', (args, frame) => {
    const numbers = flat('median', args, frame).sort((a, b) =>
      Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b,
    )
    const middle = numbers.length >> 1
    if (numbers.length === 0) return 0
    const upper = numbers[middle] ?? 0
    return numbers.length % 2 === 1 ? upper : ((numbers[middle - 1] ?? 0) + upper) / 2
  }),
  bitand: bits('bitand', (a, b) => a & b),
  bitor: bits('bitor', (a, b) => a | b),
  bitxor: bits('bitxor', (a, b) => a ^ b),
  bitnand: bits('bitnand', (a, b) => a & ~b),
  bitshl: bits('bitshl', (a, b) => (shift(b) >= 64n ? 0n : BigInt.asIntN(64, a << b))),
  bitshr: bits('bitshr', (a, b) => a >> (shift(b) > 63n ? 63n : b)),
  bitushr: bits('bitushr', (a, b) =>
    shift(b) >= 64n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, a) >> b),
  ),
  bitnot: typed('bitnot', [signature([int], int)], (args) => ~whole(args[0])),
}

function shown(value: Value): string {
  return typeof value === 'string' ? value : describeKind(value)
}

function rounding(name: string, change: (value: number) => number): Builtin {
  return single(name, floatRule, (value) => {
    const number = asNumber(value)
    if (number === undefined) throw invalid(name, value)
    return change(Number(number))
  })
}

/** Halves away from zero. */
function roundAway(value: number): number {
  const whole = Math.trunc(value)
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole
}

/** Functions over numbers and lists of numbers: as soon as a list or an unknown is among them, they may be anything. */
function aggregate(name: string, run: (args: readonly Value[], frame: Frame) => Value): Builtin {
  return {
    check: (args) => {
      const [first] = args
      if (first === undefined) return wrongCount('at least 1', 0)
      for (const arg of args) {
        if (isAny(arg) || isArray(arg)) return any
        if (!isNumber(arg)) return wrong(`invalid argument for ${name} (type ${arg.kind})`)
      }
      return first
    },
    run,
  }
}

const maxListDepth = 100

function extreme(
  name: string,
  beats: (best: Value, other: Value) => boolean,
  args: readonly Value[],
  frame: Frame,
  depth: number,
): Value {
  if (depth > maxListDepth) throw callError(`recursion depth exceeded in ${name}`)
  frame.charge(args.length)
  let best: Value = null
  for (const arg of args) {
    if (isList(arg)) {
      for (const item of arg) {
        const inner = extreme(name, beats, [item], frame, depth + 1)
        if (asNumber(inner) === undefined) throw invalid(name, inner)
        if (best === null || beats(best, inner)) best = inner
      }
    } else if (asNumber(arg) !== undefined || namedWhole(arg) !== undefined) {
      if (best === null || beats(best, arg)) best = arg
    } else {
      if (args.length === 1) return arg
      throw invalid(name, arg)
    }
  }
  return best
}

function flat(name: string, args: readonly Value[], frame: Frame, depth = 0): number[] {
  if (depth > maxListDepth) throw callError(`recursion depth exceeded in ${name}`)
  frame.charge(args.length)
  const numbers: number[] = []
  for (const arg of args) {
    const number = asNumber(arg)
    if (number !== undefined) numbers.push(Number(number))
    else if (isList(arg)) for (const each of flat(name, arg, frame, depth + 1)) numbers.push(each)
    else throw invalid(name, arg)
  }
  return numbers
}

function bits(name: string, compute: (a: bigint, b: bigint) => bigint): Builtin {
  return typed(name, [signature([int, int], int)], (args) =>
    compute(whole(args[0]), whole(args[1])),
  )
}

function whole(value: Value | undefined): bigint {
  const number = wholeNumber(value)
  if (number === undefined) throw callError(`cannot use ${describeKind(value)} as int`)
  return number
}

function shift(count: bigint): bigint {
  if (count < 0n) throw callError('invalid operation: negative shift count')
  return count
}
