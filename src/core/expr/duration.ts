import { callError, FunctionValue } from './function-value.ts'
import { Boxed, wrapInt } from './value.ts'
import type { Value } from './value.ts'

/** A length of time in whole nanoseconds within 64 bits. */
export class Duration extends Boxed {
  readonly typeName = 'time.Duration'
  readonly nanoseconds: bigint

  constructor(nanoseconds: bigint) {
    super()
    this.nanoseconds = wrapInt(nanoseconds)
  }

  override get hashKey(): string {
    return String(this.nanoseconds)
  }

  override method(name: string): FunctionValue | undefined {
    const call = Object.hasOwn(methods, name) ? methods[name] : undefined
    return call === undefined ? undefined : new FunctionValue(name, (args) => call(this, args))
  }

  override toJsonValue(): Value {
    return this.nanoseconds
  }

  override text(): string {
    return formatDuration(this.nanoseconds)
  }

  override equals(other: Value): boolean {
    return other instanceof Duration && other.nanoseconds === this.nanoseconds
  }
}

const second = 1_000_000_000n
const minute = 60n * second
const hour = 60n * minute

const methods: Readonly<Record<string, (duration: Duration, args: readonly Value[]) => Value>> = {
  Hours: (d) => inUnits(d, hour),
  Minutes: (d) => inUnits(d, minute),
  Seconds: (d) => inUnits(d, second),
  Milliseconds: (d) => d.nanoseconds / 1_000_000n,
  Microseconds: (d) => d.nanoseconds / 1_000n,
  Nanoseconds: (d) => d.nanoseconds,
  String: (d) => d.text(),
  Abs: (d) => new Duration(absolute(d.nanoseconds)),
  Truncate: (d, args) => new Duration(truncateTo(d.nanoseconds, durationOf(args[0]))),
  Round: (d, args) => new Duration(roundTo(d.nanoseconds, durationOf(args[0]))),
}

const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)

function absolute(value: bigint): bigint {
  if (value === int64Min) return int64Max
  return value < 0n ? -value : value
}

/** Whole units and the rest are converted apart, so that the float is exact for whole units. */
function inUnits(duration: Duration, unit: bigint): number {
  return Number(duration.nanoseconds / unit) + Number(duration.nanoseconds % unit) / Number(unit)
}

export function truncateTo(value: bigint, step: bigint): bigint {
  return step <= 0n ? value : value - (value % step)
}

/** To the nearest multiple, halves away from zero; stays within 64 bits. */
export function roundTo(value: bigint, step: bigint): bigint {
  if (step <= 0n) return value
  const rest = value % step
  const size = rest < 0n ? -rest : rest
  const down = value - rest
  if (size + size < step) return down
  const away = value < 0n ? down - step : down + step
  return away > int64Max ? int64Max : away < int64Min ? int64Min : away
}

/** The nanoseconds of an argument that must be a duration. */
export function durationOf(value: Value | undefined): bigint {
  if (value instanceof Duration) return value.nanoseconds
  throw callError('argument must be a duration')
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: second,
  m: minute,
  h: hour,
}

/** A duration as Go reads it: `1h30m`, `-1.5h`, `100ms`. Throws a call error for anything else. */
export function parseDuration(text: string): Duration {
  const fail = (): Error => callError('time: invalid duration %s', JSON.stringify(text))
  const negative = text.startsWith('-')
  let rest = negative || text.startsWith('+') ? text.slice(1) : text
  if (rest === '0') return new Duration(0n)
  if (rest === '' || rest.length > 1_000) throw fail()
  let total = 0n
  while (rest !== '') {
    const part = /^(\d*)(?:\.(\d*))?([^\d.]+)/.exec(rest)
    if (part === null) throw fail()
    const [all, whole = '', fraction = '', unit = ''] = part
    const size = Object.hasOwn(units, unit) ? units[unit] : undefined
    if (size === undefined || (whole === '' && fraction === '')) throw fail()
    total += BigInt(whole === '' ? '0' : whole) * size
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length)
    if (total > int64Max + 1n) throw fail()
    rest = rest.slice(all.length)
  }
  if (!negative && total > int64Max) throw fail()
  return new Duration(negative ? -total : total)
}

/** A duration as Go prints it: `1h30m0s`, `1.5s`, `100ms`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (size < 1_000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}\u00b5s`
  if (size < second) return `${sign}${decimal(size, 1_000_000n)}ms`
  const seconds = `${decimal(size % minute, second)}s`
  if (size < minute) return sign + seconds
  const minutes = `${(size / minute) % 60n}m`
  return size < hour ? sign + minutes + seconds : `${sign}${size / hour}h${minutes}${seconds}`
}

function decimal(value: bigint, unit: bigint): string {
  const rest = value % unit
  if (rest === 0n) return String(value / unit)
  const digits = String(rest)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')
  return `${value / unit}.${digits}`
}
