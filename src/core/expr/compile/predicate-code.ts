import { sequenceOf } from '../access.ts'
import { AnyMap } from '../any-map.ts'
import { isDescending, sorted } from '../builtins/lists.ts'
import { condition } from './binary-code.ts'
import type { Code, Frame } from '../frame.ts'
import { callError } from '../function-value.ts'
import { add } from '../operators.ts'
import { firstOf, lastOf } from './rewrite.ts'
import { Boxed, nilList } from '../value.ts'
import type { Value } from '../value.ts'

/** Where a predicate's variables live, and what one run of it costs. */
export interface PredicateSlots {
  readonly element: number
  readonly index: number
  readonly accumulator: number
  readonly cost: number
}

/** Stands for an element that cannot be fetched: of a map, which has a length but no positions. */
class Unfetchable extends Boxed {
  readonly typeName = 'unknown'
  toJsonValue(): Value {
    return null
  }
  text(): string {
    return ''
  }
}
const unfetchable = new Unfetchable()

/** The code of `#`. */
export function elementCode(slot: number): Code {
  return (frame) => {
    const value = frame.slots[slot] ?? null
    if (value === unfetchable) throw callError('cannot fetch an element by position from a map')
    return value
  }
}

/** Runs `visit` for each element, from the front or the back, until it answers something else than undefined. */
function each<T>(
  frame: Frame,
  list: Value,
  slots: PredicateSlots,
  visit: (index: number) => T | undefined,
  options: { readonly backwards?: boolean; readonly from?: number } = {},
): T | undefined {
  const sequence = sequenceOf(list, frame)
  const { length } = sequence
  const start = options.from ?? 0
  for (let step = start; step < length; step++) {
    const index = options.backwards === true ? length - 1 - step : step
    frame.charge(slots.cost)
    frame.slots[slots.element] = fetchable(sequence, index)
    frame.slots[slots.index] = BigInt(index)
    const answer = visit(index)
    if (answer !== undefined) return answer
  }
  return undefined
}

function fetchable(sequence: ReturnType<typeof sequenceOf>, index: number): Value {
  return sequence.positioned ? sequence.at(index) : unfetchable
}

const element = (frame: Frame, slots: PredicateSlots): Value => elementCode(slots.element)(frame)

export interface PredicateParts {
  /** The predicate; undefined where it may be left out. */
  readonly body: Code | undefined
  /** What follows the predicate: an order, or an initial value. */
  readonly extra: Code | undefined
  /** With `map`: only elements that pass this. */
  readonly filter: Code | undefined
}

/** The code of a builtin with a predicate. */
export function predicateCode(
  name: string,
  list: Code,
  parts: PredicateParts,
  slots: PredicateSlots,
): Code {
  const { extra, filter: only } = parts
  const run: Code = parts.body ?? elementCode(slots.element)
  switch (name) {
    case 'all':
      return (frame) =>
        each(frame, list(frame), slots, () => (condition(run(frame)) ? undefined : false)) ?? true
    case 'none':
      return (frame) =>
        each(frame, list(frame), slots, () => (condition(run(frame)) ? false : undefined)) ?? true
    case 'any':
      return (frame) =>
        each(frame, list(frame), slots, () => (condition(run(frame)) ? true : undefined)) ?? false
    case 'one':
      return (frame) => countTrue(frame, list(frame), run, slots) === 1
    case 'count':
      return (frame) => BigInt(countTrue(frame, list(frame), run, slots))
    case 'filter':
      return (frame) => filter(frame, list(frame), run, slots)
    case 'map':
      return (frame) => map(frame, list(frame), run, only, slots)
    case 'find':
    case 'findLast':
      return (frame) => {
        const found = search(frame, list(frame), run, slots, name === 'findLast')
        return found === undefined ? null : element(frame, slots)
      }
    case firstOf:
    case lastOf:
      return (frame) => {
        const found = search(frame, list(frame), run, slots, name === lastOf)
        if (found === undefined) throw callError('index out of range: 0 (array length is 0)')
        return element(frame, slots)
      }
    case 'findIndex':
    case 'findLastIndex':
      return (frame) => {
        const found = search(frame, list(frame), run, slots, name === 'findLastIndex')
        return found === undefined ? null : BigInt(found)
      }
    case 'sum':
      return (frame) => {
        let total: Value = 0n
        each(frame, list(frame), slots, () => {
          total = add(total, run(frame), frame)
          return undefined
        })
        return total
      }
    case 'groupBy':
      return (frame) => groupBy(frame, list(frame), run, slots)
    case 'sortBy':
      return (frame) => sortBy(frame, list(frame), run, extra, slots)
    default:
      return (frame) => reduce(frame, list(frame), run, extra, slots)
  }
}

function countTrue(frame: Frame, list: Value, run: Code, slots: PredicateSlots): number {
  let count = 0
  each(frame, list, slots, () => {
    if (condition(run(frame))) count++
    return undefined
  })
  return count
}

function search(
  frame: Frame,
  list: Value,
  run: Code,
  slots: PredicateSlots,
  backwards: boolean,
): number | undefined {
  return each(frame, list, slots, (index) => (condition(run(frame)) ? index : undefined), {
    backwards,
  })
}

function filter(frame: Frame, list: Value, run: Code, slots: PredicateSlots): Value {
  const kept: Value[] = []
  each(frame, list, slots, () => {
    if (condition(run(frame))) kept.push(element(frame, slots))
    return undefined
  })
  frame.grow(kept.length)
  return kept
}

function map(
  frame: Frame,
  list: Value,
  run: Code,
  only: Code | undefined,
  slots: PredicateSlots,
): Value {
  const made: Value[] = []
  each(frame, list, slots, () => {
    if (only === undefined || condition(only(frame))) made.push(run(frame))
    return undefined
  })
  frame.grow(made.length)
  return made
}

function groupBy(frame: Frame, list: Value, run: Code, slots: PredicateSlots): Value {
  const groups = new AnyMap(nilList)
  const members = new Map<Value, Value[]>()
  each(frame, list, slots, () => {
    const key = run(frame)
    const item = element(frame, slots)
    const found = groups.has(key) ? members.get(groups.get(key)) : undefined
    frame.grow(1)
    if (found === undefined) {
      const fresh = [item]
      members.set(fresh, fresh)
      groups.set(key, fresh)
    } else found.push(item)
    return undefined
  })
  return groups
}

function sortBy(
  frame: Frame,
  list: Value,
  run: Code,
  extra: Code | undefined,
  slots: PredicateSlots,
): Value {
  const keyed: { readonly item: Value; readonly key: Value }[] = []
  each(frame, list, slots, () => {
    keyed.push({ key: run(frame), item: element(frame, slots) })
    return undefined
  })
  const descending = isDescending(extra?.(frame))
  frame.grow(keyed.length)
  return sorted(keyed, ({ key }) => key, descending, frame).map(({ item }) => item)
}

function reduce(
  frame: Frame,
  list: Value,
  run: Code,
  initial: Code | undefined,
  slots: PredicateSlots,
): Value {
  let from = 0
  let accumulator: Value
  if (initial === undefined) {
    const sequence = sequenceOf(list, frame)
    if (sequence.length === 0) throw callError('reduce of empty array with no initial value')
    frame.slots[slots.element] = fetchable(sequence, 0)
    accumulator = element(frame, slots)
    from = 1
  } else accumulator = initial(frame)
  frame.slots[slots.accumulator] = accumulator
  each(
    frame,
    list,
    slots,
    () => {
      frame.slots[slots.accumulator] = run(frame)
      return undefined
    },
    { from },
  )
  return frame.slots[slots.accumulator] ?? null
}
