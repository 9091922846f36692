import type { BinaryOperator } from './ast.ts'
import { durationType, isDuration, isTime, timeType } from './object-types.ts'
import {
  any,
  arrayOf,
  bool,
  float,
  int,
  isAny,
  isArray,
  isAssignable,
  isBool,
  isComparable,
  isInt,
  isNumber,
  isString,
  nil,
  string,
  typeText,
} from './types.ts'
import type { Signature, Type } from './types.ts'

/** What a rule says: the type of the result, or why it cannot be. */
export type Checked = Type | { readonly kind: 'wrong'; readonly reason: string }

export function wrong(reason: string): Checked {
  return { kind: 'wrong', reason }
}

type Test = (type: Type) => boolean

/** Neither is known, or the one that is known passes a test. */
function fits(a: Type, b: Type, ...tests: readonly Test[]): boolean {
  const passes = (type: Type): boolean => tests.some((test) => test(type))
  if (isAny(a)) return isAny(b) || passes(b)
  return isAny(b) && passes(a)
}

const both = (a: Type, b: Type, test: Test): boolean => test(a) && test(b)
const combined = (a: Type, b: Type): Type => (isInt(a) && isInt(b) ? int : float)

/** The type that a binary operator gives for operands of these types. */
export function checkBinary(operator: BinaryOperator, a: Type, b: Type): Checked {
  return (
    rule(operator, a, b) ??
    wrong(`invalid operation: ${operator} (mismatched types ${typeText(a)} and ${typeText(b)})`)
  )
}

function rule(operator: BinaryOperator, a: Type, b: Type): Checked | undefined {
  switch (operator) {
    case '==':
    case '!=':
      return isComparable(a, b) ? bool : undefined
    case 'or':
    case '||':
    case 'and':
    case '&&':
      return both(a, b, isBool) || fits(a, b, isBool) ? bool : undefined
    case '<':
    case '>':
    case '<=':
    case '>=':
      return [isNumber, isString, isTime, isDuration].some((test) => both(a, b, test)) ||
        fits(a, b, isNumber, isString, isTime, isDuration)
        ? bool
        : undefined
    case '+':
      return checkAdd(a, b)
    case '-':
      return checkSubtract(a, b)
    case '*':
      return checkMultiply(a, b)
    case '/':
    case '**':
    case '^':
      return both(a, b, isNumber) || fits(a, b, isNumber) ? float : undefined
    case '%':
      return both(a, b, isInt) ? int : fits(a, b, isInt) ? any : undefined
    case 'in':
      return checkIn(a, b)
    case 'matches':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return both(a, b, isString) || fits(a, b, isString) ? bool : undefined
    case '..':
      return both(a, b, isInt) || fits(a, b, isInt) ? arrayOf(int) : undefined
    case '??':
      if (a.kind === 'nil') return b
      if (b.kind === 'nil' || isAssignableExactly(b, a)) return a
      return any
  }
}

function isAssignableExactly(from: Type, to: Type): boolean {
  return isAny(from) ? isAny(to) : isAssignable(from, to)
}

function checkAdd(a: Type, b: Type): Checked | undefined {
  if (both(a, b, isNumber)) return combined(a, b)
  if (both(a, b, isString)) return string
  if ((isTime(a) && isDuration(b)) || (isDuration(a) && isTime(b))) return timeType
  if (both(a, b, isDuration)) return durationType
  return fits(a, b, isNumber, isString, isTime, isDuration) ? any : undefined
}

function checkSubtract(a: Type, b: Type): Checked | undefined {
  if (both(a, b, isNumber)) return combined(a, b)
  if (both(a, b, isTime) || both(a, b, isDuration)) return durationType
  if (isTime(a) && isDuration(b)) return timeType
  return fits(a, b, isNumber, isTime, isDuration) ? any : undefined
}

function checkMultiply(a: Type, b: Type): Checked | undefined {
  if (both(a, b, isNumber)) return combined(a, b)
  if (both(a, b, isDuration)) return durationType
  // A duration times a float is a float: what it gives is known only when it runs.
  if ((isDuration(a) && isNumber(b)) || (isNumber(a) && isDuration(b))) return any
  return fits(a, b, isNumber, isDuration) ? any : undefined
}

function checkIn(a: Type, b: Type): Checked | undefined {
  if (b.kind === 'object' && b.shape !== 'int' && (isString(a) || isAny(a))) return bool
  if (b.kind === 'map') {
    if (a.kind === 'nil' || b.key === 'any' || isAssignable(a, string)) return bool
    return wrong(`cannot use ${typeText(a)} as type string in map key`)
  }
  if (isArray(b)) {
    return isComparable(a, b.element)
      ? bool
      : wrong(`cannot use ${typeText(a)} as type ${typeText(b.element)} in array`)
  }
  if (b.kind === 'bytes') return isNumber(a) || isAny(a) ? bool : undefined
  if (isAny(a) && isString(b)) return bool
  return isAny(b) ? bool : undefined
}

/** The type of a conditional: what both branches share. */
export function checkBranches(yes: Type, no: Type): Type {
  if (yes.kind === 'nil') return no.kind === 'nil' ? nil : no
  if (no.kind === 'nil') return yes
  if (isAny(no) || !isAssignableExactly(yes, no)) return any
  if (isArray(yes) && isArray(no) && yes.element.kind !== no.element.kind) return arrayOf(any)
  return yes
}

/** The type that a call gives: the first signature that takes the arguments decides. */
export function checkCall(
  name: string,
  signatures: readonly Signature[],
  args: readonly Type[],
): Checked {
  let last: string | undefined
  for (const each of signatures) {
    last = mismatch(name, each, args)
    if (last === undefined) return each.result
  }
  return wrong(
    signatures.length > 1 ? `no matching overload for ${name}: ${last ?? ''}` : (last ?? ''),
  )
}

function mismatch(name: string, wanted: Signature, args: readonly Type[]): string | undefined {
  const { params, optional = 0, variadic = false } = wanted
  if (args.length < params.length - optional - (variadic ? 1 : 0))
    return `not enough arguments to call ${name}`
  if (args.length > params.length && !variadic) return `too many arguments to call ${name}`
  for (const [index, arg] of args.entries()) {
    const param = params[Math.min(index, params.length - 1)] ?? any
    if (arg.kind === 'nil' ? !takesNil(param) : !isAssignable(arg, param)) {
      return `cannot use ${typeText(arg)} as argument (type ${typeText(param)}) to call ${name}`
    }
  }
  return undefined
}

function takesNil(param: Type): boolean {
  return param.kind === 'any' || (param.kind === 'object' && param.shape === 'pointer')
}
