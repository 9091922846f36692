import { lengthOf } from '../access.ts'
import { typeName } from '../describe.ts'
import { parseDuration } from '../duration.ts'
import { ExpressionError } from '../error.ts'
import { callError } from '../function-value.ts'
import { decodeJson } from '../go-json-decode.ts'
import { encodeJson } from '../go-json.ts'
import { formatValue } from '../go-text.ts'
import { parseMoment } from '../layout-parse.ts'
import { rfc3339 } from '../layout.ts'
import { durationType, timeType, zoneType } from '../object-types.ts'
import { Time, timeFromEpoch } from '../time.ts'
import { any, int, isAny, signature, string } from '../types.ts'
import type { Type } from '../types.ts'
import type { Value } from '../value.ts'
import { loadZone, utc, Zone } from '../zone.ts'
import { invalid, single, textArg, typed, wrongCount } from './builtin.ts'
import type { BuiltinTable } from './builtin.ts'

const measured = (type: Type): Type | undefined =>
  isAny(type) || ['array', 'map', 'string', 'bytes'].includes(type.kind) ? int : undefined

const isZone = (type: Type | undefined): boolean =>
  type?.kind === 'object' && type.name === '*time.Location'

/** Tried in this order where no layout is given. */
const layouts = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  rfc3339,
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
]

/** Builtins on values of any kind, on JSON, dates and durations. */
export const miscBuiltins: BuiltinTable = {
  len: single('len', measured, (value, frame) => {
    const length = lengthOf(value, frame)
    if (length === undefined) throw invalid('len', value)
    return BigInt(length)
  }),
  type: typed('type', [signature([any], string)], (args) => typeName(args[0] ?? null)),
  string: typed('string', [signature([any], string)], (args, frame) => {
    const text = formatValue(args[0] ?? null)
    frame.charge(text.length >> 3)
    frame.growText(text.length)
    return text
  }),
  toJSON: typed('toJSON', [signature([any], string)], (args, frame) => {
    const text = encodeJson(args[0] ?? null, { indent: 2 })
    frame.charge(text.length >> 3)
    frame.growText(text.length)
    return text
  }),
  fromJSON: typed('fromJSON', [signature([string], any)], (args, frame) => {
    const text = textArg(args, 0)
    frame.grow(1 + (text.length >> 3))
    return decodeJson(text)
  }),
  now: {
    check: (args) =>
      args.length === 0 || (args.length === 1 && isZone(args[0]))
        ? timeType
        : wrongCount('0', args.length),
    run: (args, frame) => {
      const time = timeFromEpoch(frame.now())
      return args[0] instanceof Zone ? new Time(time.nanoseconds, args[0]) : time
    },
  },
  duration: typed('duration', [signature([string], durationType)], (args) =>
    parseDuration(textArg(args, 0)),
  ),
  timezone: typed('timezone', [signature([string], zoneType)], (args, frame) => {
    // Making a zone costs far more than most calls.
    frame.charge(1_000)
    return loadZone(textArg(args, 0))
  }),
  date: {
    check: (args) => {
      if (args.length === 0) return wrongCount('at least 1', 0)
      const rest = isZone(args[0]) ? args.slice(1) : args
      return rest.length > 3 ? wrongCount('at most 3', rest.length) : timeType
    },
    run: (args, frame) => {
      // Reading a text by a layout costs far more than most calls, and a zone's history more still.
      frame.charge(300)
      return parseDate(args)
    },
  },
}

function parseDate(args: readonly Value[]): Value {
  const zone = args[0] instanceof Zone ? args[0] : undefined
  const rest = zone === undefined ? args : args.slice(1)
  const text = textArg(rest, 0)
  if (text.length > 1_000) throw callError('invalid date: longer than 1000 characters')
  if (rest.length === 1) return parseByAny(text, zone ?? utc)
  const layout = textArg(rest, 1)
  if (rest.length === 2) return timeBy(text, layout, zone ?? utc)
  return timeBy(text, layout, loadZone(textArg(rest, 2)))
}

function parseByAny(text: string, zone: Zone): Value {
  for (const layout of layouts) {
    try {
      return timeBy(text, layout, zone)
    } catch (thrown) {
      if (!(thrown instanceof ExpressionError)) throw thrown
    }
  }
  throw callError('invalid date %s', text)
}

function timeBy(text: string, layout: string, zone: Zone): Time {
  if (layout.length > 1_000) throw callError('invalid layout: longer than 1000 characters')
  const parsed = parseMoment(text, layout, zone)
  return new Time(
    BigInt(parsed.moment.seconds) * 1_000_000_000n + BigInt(parsed.moment.nanos),
    parsed.zone,
  )
}
