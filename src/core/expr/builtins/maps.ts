import { AnyMap } from '../any-map.ts'
import { describeKind } from '../describe.ts'
import { callError } from '../function-value.ts'
import { sortedKeys } from '../go-json.ts'
import { formatValue } from '../go-text.ts'
import { StringMap } from '../string-map.ts'
import { compareBytes } from '../bytes.ts'
import { anyList, isAny, isArray } from '../types.ts'
import type { Type } from '../types.ts'
import { isList, isValueMap } from '../value.ts'
import type { Value } from '../value.ts'
import { listArg, single } from './builtin.ts'
import type { BuiltinTable } from './builtin.ts'

const mapRule = (type: Type): Type | undefined =>
  type.kind === 'map' || isAny(type) ? anyList : undefined
const untypedMap: Type = { kind: 'map', key: 'any', element: { kind: 'any' } }

/** Builtins on maps. Where Go's order is random, keys are in order. */
export const mapBuiltins: BuiltinTable = {
  keys: single('keys', mapRule, (value, frame) => {
    const pairs = pairsOf('keys', value)
    frame.grow(pairs.length)
    return pairs.map(([key]) => key)
  }),
  values: single('values', mapRule, (value, frame) => {
    const pairs = pairsOf('values', value)
    frame.grow(pairs.length)
    return pairs.map(([, item]) => item)
  }),
  toPairs: single('toPairs', mapRule, (value, frame) => {
    const pairs = pairsOf('toPairs', value)
    frame.grow(pairs.length * 2)
    return pairs.map(([key, item]) => [key, item])
  }),
  fromPairs: single(
    'fromPairs',
    (type) => (isArray(type) || isAny(type) ? untypedMap : undefined),
    (value, frame) => {
      const map = new AnyMap()
      const pairs = listArg('fromPairs', value)
      frame.grow(pairs.length)
      for (const pair of pairs) {
        if (!isList(pair) || pair.length !== 2)
          throw callError(`invalid pair ${describeKind(pair)}`)
        map.set(pair[0] ?? null, pair[1] ?? null)
      }
      return map
    },
  ),
}

function pairsOf(name: string, value: Value): [Value, Value][] {
  if (value instanceof AnyMap) {
    return value
      .entries()
      .map(({ key, value: item }): [Value, Value] => [key, item])
      .sort(([a], [b]) => compareBytes(formatValue(a), formatValue(b)))
  }
  const map = value instanceof StringMap ? value.entries : value
  if (isValueMap(map)) return sortedKeys(map).map((key) => [key, map[key] ?? null])
  throw callError(`cannot get ${name} from ${describeKind(value)}`)
}
