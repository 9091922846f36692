import { element, elementOrNil } from '../access.ts'
import { wrong } from '../check.ts'
import type { Checked } from '../check.ts'
import { describeKind } from '../describe.ts'
import { ExpressionError } from '../error.ts'
import { budgetError, chargeOrder, maxValueDepth } from '../frame.ts'
import type { Frame } from '../frame.ts'
import { callError } from '../function-value.ts'
import { wholeNumber } from '../numeric.ts'
import { equal, less } from '../operators.ts'
import { any, anyList, isAny, isArray, isInt } from '../types.ts'
import type { Type } from '../types.ts'
import { isList, nilList } from '../value.ts'
import type { Value } from '../value.ts'
import { listArg, listRule, single, wrongCount } from './builtin.ts'
import type { BuiltinTable } from './builtin.ts'

const elementRule = (type: Type): Type | undefined =>
  isArray(type) ? type.element : isAny(type) || type.kind === 'bytes' ? any : undefined

/** Builtins on lists. */
export const listBuiltins: BuiltinTable = {
  first: single('first', elementRule, (value, frame) => firstOrLast(value, 0n, frame)),
  last: single('last', elementRule, (value, frame) => firstOrLast(value, -1n, frame)),
  get: {
    check: ([base, key, ...rest]) =>
      base === undefined || key === undefined || rest.length > 0
        ? wrong('invalid number of arguments for get (expected 2)')
        : checkGet(base, key),
    run: (args, frame) => elementOrNil(args[0] ?? null, args[1] ?? null, frame),
  },
  take: {
    check: (args) => {
      const [list, count] = args
      if (list === undefined || count === undefined || args.length !== 2)
        return wrongCount('2', args.length)
      if (!isArray(list) && !isAny(list)) return wrong(`cannot take from ${list.kind}`)
      if (count.kind !== 'int' && !isAny(count)) return wrong(`cannot take ${count.kind} elements`)
      return list
    },
    run: (args, frame) => {
      const list = listArg('take', args[0] ?? null)
      const count = typeof args[1] === 'bigint' ? wholeNumber(args[1]) : undefined
      if (count === undefined) throw callError(`cannot take ${describeKind(args[1])} elements`)
      if (count < 0n) throw callError('cannot take a negative number of elements')
      const taken = list.slice(0, Number(count))
      frame.charge(taken.length)
      return taken
    },
  },
  reverse: single('reverse', listRule(anyList), (value, frame) => {
    const list = listArg('reverse', value)
    frame.grow(list.length)
    return list.toReversed()
  }),
  uniq: single('uniq', listRule(anyList), (value, frame) => unique(listArg('uniq', value), frame)),
  flatten: single('flatten', listRule(anyList), (value, frame) => {
    const flat: Value[] = []
    flattenInto(flat, listArg('flatten', value), frame, 0)
    return flat
  }),
  concat: {
    check: (args) => {
      if (args.length === 0) return wrongCount('at least 1', 0)
      const other = args.find((arg) => !isArray(arg) && !isAny(arg) && arg.kind !== 'bytes')
      return other === undefined ? anyList : wrong(`cannot concat ${other.kind}`)
    },
    run: (args, frame) => {
      const lists = args.map((arg) => {
        if (!isList(arg)) throw callError(`cannot concat ${describeKind(arg)}`)
        frame.grow(arg.length)
        return arg
      })
      const all = lists.flat(1)
      return all.length === 0 ? nilList : all
    },
  },
  sort: {
    check: (args) => {
      const [list, order] = args
      if (list === undefined || args.length > 2) return wrongCount('1 or 2', args.length)
      if (!isArray(list) && !isAny(list) && list.kind !== 'bytes')
        return wrong(`cannot sort ${list.kind}`)
      if (order !== undefined && order.kind !== 'string' && !isAny(order)) {
        return wrong(`invalid argument for sort (expected string, got ${order.kind})`)
      }
      return anyList
    },
    run: (args, frame) => {
      const list = args[0] ?? null
      const descending = isDescending(args[1])
      // Go sorts nothing but lists, and leaves nothing of the rest.
      if (!isList(list)) return nilList
      frame.grow(list.length)
      return sorted(list, (item) => item, descending, frame)
    },
  },
}

function checkGet(base: Type, key: Type): Checked {
  if (isAny(base)) return any
  if (isArray(base)) {
    return isInt(key) || isAny(key) ? base.element : wrong(`non-integer slice index ${key.kind}`)
  }
  if (base.kind === 'map') {
    const takes = base.key === 'any' || isAny(key) || key.kind === 'string'
    return takes ? base.element : wrong(`cannot use ${key.kind} to get an element from a map`)
  }
  return base.kind === 'object' ? any : wrong(`type ${base.kind} does not support indexing`)
}

/** The element there, or nil: also where elements cannot be looked up. */
function firstOrLast(value: Value, key: bigint, frame: Frame): Value {
  try {
    return element(value, key, frame)
  } catch (thrown) {
    if (thrown instanceof ExpressionError && thrown.kind === 'run') return null
    throw thrown
  }
}

function unique(list: readonly Value[], frame: Frame): Value {
  const kept: Value[] = []
  // Strings and booleans equal only themselves, so a set knows them.
  const seen = new Set<Value>()
  for (const item of list) {
    if (typeof item === 'string' || typeof item === 'boolean') {
      frame.charge(1)
      if (seen.has(item)) continue
      seen.add(item)
    } else {
      frame.charge(kept.length + 1)
      if (kept.some((other) => equal(other, item, frame))) continue
    }
    kept.push(item)
  }
  frame.grow(kept.length)
  return kept
}

function flattenInto(flat: Value[], list: readonly Value[], frame: Frame, depth: number): void {
  if (depth > maxValueDepth) throw budgetError('recursion depth exceeded in flatten')
  frame.charge(list.length)
  for (const item of list) {
    if (isList(item)) flattenInto(flat, item, frame, depth + 1)
    else {
      frame.grow(1)
      flat.push(item)
    }
  }
}

export function isDescending(order: Value | undefined): boolean {
  if (order === undefined || order === 'asc') return false
  if (order === 'desc') return true
  throw callError(
    typeof order === 'string'
      ? 'unknown order, use asc or desc'
      : `sort order must be string, got ${describeKind(order)}`,
  )
}

/** A sorted copy, equal ones in their order. Throws when two cannot be compared. */
export function sorted<T>(
  items: readonly T[],
  key: (item: T) => Value,
  descending: boolean,
  frame: Frame,
): T[] {
  return items.toSorted((a, b) => {
    const [x, y] = descending ? [key(b), key(a)] : [key(a), key(b)]
    chargeOrder(frame, x, y)
    return less(x, y) ? -1 : less(y, x) ? 1 : 0
  })
}
