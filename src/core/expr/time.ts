import { civilFromSeconds, secondsFromCivil, weekday } from './civil.ts'
import { Duration, durationOf, roundTo, truncateTo } from './duration.ts'
import { callError, FunctionValue } from './function-value.ts'
import { dayNames, monthNames } from './layout.ts'
import { formatMoment, yearDay } from './layout-format.ts'
import { NamedInt } from './named.ts'
import { Boxed } from './value.ts'
import type { Value } from './value.ts'
import { instantOf, utc, Zone } from './zone.ts'

const billion = 1_000_000_000n
/** Seconds from the year 1 to 1970: what truncating counts from. */
const secondsToYearOne = 62_135_596_800n

/** A moment in a zone. */
export class Time extends Boxed {
  readonly typeName = 'time.Time'
  /** Nanoseconds since the epoch, of any size. */
  readonly nanoseconds: bigint
  readonly zone: Zone

  constructor(nanoseconds: bigint, zone: Zone) {
    super()
    this.nanoseconds = nanoseconds
    this.zone = zone
  }

  /** Whole seconds since the epoch, rounded down. */
  get seconds(): number {
    return Number((this.nanoseconds - BigInt(this.nanos)) / billion)
  }

  /** Nanoseconds within the second. */
  get nanos(): number {
    return Number(((this.nanoseconds % billion) + billion) % billion)
  }

  format(layout: string): string {
    return formatMoment({ seconds: this.seconds, nanos: this.nanos }, this.zone, layout)
  }

  override get hashKey(): string {
    return `${this.nanoseconds}@${this.zone.name}`
  }

  override method(name: string): FunctionValue | undefined {
    const call = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (call === undefined) return undefined
    return new FunctionValue(name, (args, context) => {
      // Looking into a zone's history costs far more than computing in UTC.
      context.charge(this.zone === utc ? 10 : 200)
      return call(this, args)
    })
  }

  override toJsonValue(): Value {
    const { year } = civilFromSeconds(this.seconds + this.zone.at(this.seconds).offset)
    if (year < 0 || year > 9999)
      throw callError('json: error calling MarshalJSON: year outside of range [0,9999]')
    return this.format('2006-01-02T15:04:05.999999999Z07:00')
  }

  override text(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST')
  }

  override equals(other: Value): boolean {
    return other instanceof Time && other.nanoseconds === this.nanoseconds
  }
}

/** The time of an epoch in milliseconds, in UTC. */
export function timeFromEpoch(epochMs: number): Time {
  return new Time(BigInt(Math.floor(epochMs)) * 1_000_000n, utc)
}

/** Months and week days: whole numbers with a name. */
const month = (value: number): Value =>
  new NamedInt('time.Month', BigInt(value), monthNames[value - 1] ?? '')
const day = (value: number): Value =>
  new NamedInt('time.Weekday', BigInt(value), dayNames[value] ?? '')

const local = (time: Time): number => time.seconds + time.zone.at(time.seconds).offset
const int = (value: number): bigint => BigInt(value)

function timeOf(value: Value | undefined): Time {
  if (value instanceof Time) return value
  throw callError('argument must be a time')
}

function intOf(value: Value | undefined): number {
  if (typeof value === 'bigint') return Number(value)
  throw callError('argument must be an integer')
}

function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value
  throw callError('argument must be a string')
}

/** Durations between times stay within 64 bits. */
function difference(a: Time, b: Time): Duration {
  const value = a.nanoseconds - b.nanoseconds
  const limit = 2n ** 63n
  return new Duration(value >= limit ? limit - 1n : value < -limit ? -limit : value)
}

function addDate(time: Time, args: readonly Value[]): Time {
  const civil = civilFromSeconds(local(time))
  const [years, months, days] = [intOf(args[0]), intOf(args[1]), intOf(args[2])]
  if (Math.abs(years) > 1e6 || Math.abs(months) > 1e7 || Math.abs(days) > 1e9)
    throw callError('time out of range')
  const moved = secondsFromCivil({
    ...civil,
    year: civil.year + years,
    month: civil.month + months,
    day: civil.day + days,
  })
  return new Time(int(instantOf(time.zone, moved)) * billion + int(time.nanos), time.zone)
}

/** Truncating and rounding count from the year 1, so that steps of a day or a week fall where Go has them. */
function fromYearOne(time: Time, change: (value: bigint) => bigint): Time {
  const shift = secondsToYearOne * billion
  return new Time(change(time.nanoseconds + shift) - shift, time.zone)
}

function zoneOf(value: Value | undefined): Zone {
  if (value instanceof Zone) return value
  throw callError('argument must be a timezone')
}

const methods: Readonly<Record<string, (time: Time, args: readonly Value[]) => Value>> = {
  Format: (t, args) => t.format(textOf(args[0])),
  Unix: (t) => int(t.seconds),
  UnixMilli: (t) => int(t.seconds) * 1_000n + int(Math.floor(t.nanos / 1_000_000)),
  UnixMicro: (t) => int(t.seconds) * 1_000_000n + int(Math.floor(t.nanos / 1_000)),
  UnixNano: (t) => BigInt.asIntN(64, t.nanoseconds),
  Year: (t) => int(civilFromSeconds(local(t)).year),
  Month: (t) => month(civilFromSeconds(local(t)).month),
  Day: (t) => int(civilFromSeconds(local(t)).day),
  Hour: (t) => int(civilFromSeconds(local(t)).hour),
  Minute: (t) => int(civilFromSeconds(local(t)).minute),
  Second: (t) => int(civilFromSeconds(local(t)).second),
  Nanosecond: (t) => int(t.nanos),
  Weekday: (t) => day(weekday(local(t))),
  YearDay: (t) => int(yearDay(local(t))),
  Add: (t, args) => new Time(t.nanoseconds + durationOf(args[0]), t.zone),
  AddDate: addDate,
  Sub: (t, args) => difference(t, timeOf(args[0])),
  Truncate: (t, args) => fromYearOne(t, (value) => truncateTo(value, durationOf(args[0]))),
  Round: (t, args) => fromYearOne(t, (value) => roundTo(value, durationOf(args[0]))),
  Before: (t, args) => t.nanoseconds < timeOf(args[0]).nanoseconds,
  After: (t, args) => t.nanoseconds > timeOf(args[0]).nanoseconds,
  Equal: (t, args) => t.equals(timeOf(args[0])),
  Compare: (t, args) => BigInt(Math.sign(Number(t.nanoseconds - timeOf(args[0]).nanoseconds))),
  IsZero: (t) => t.nanoseconds === -secondsToYearOne * billion,
  In: (t, args) => new Time(t.nanoseconds, zoneOf(args[0])),
  UTC: (t) => new Time(t.nanoseconds, utc),
  Local: (t) => new Time(t.nanoseconds, utc),
  Location: (t) => t.zone,
  String: (t) => t.text(),
}
