import { secondsFromCivil } from './civil.ts'
import { callError, FunctionValue } from './function-value.ts'
import { Boxed } from './value.ts'
import type { Value } from './value.ts'

/** What a clock on a wall shows at one moment: seconds east of UTC and the zone's short name. */
export interface ZoneAt {
  readonly offset: number
  readonly abbreviation: string
}

/** A time zone, as a value: `*time.Location`. */
export abstract class Zone extends Boxed {
  readonly typeName = 'time.Location'
  abstract readonly name: string
  /** The zone at an instant, in seconds since the epoch. */
  abstract at(seconds: number): ZoneAt
  /** The offset of a short name that this zone uses, if it does. */
  abstract offsetOf(abbreviation: string, seconds: number): number | undefined

  override method(name: string): FunctionValue | undefined {
    return name === 'String' ? new FunctionValue(name, () => this.name) : undefined
  }

  override toJsonValue(): Value {
    return Object.create(null)
  }

  override text(): string {
    return this.name
  }
}

/** A fixed distance from UTC. */
export class FixedZone extends Zone {
  readonly name: string
  readonly #at: ZoneAt

  constructor(name: string, offset: number) {
    super()
    this.name = name
    this.#at = { offset, abbreviation: name }
  }

  at(): ZoneAt {
    return this.#at
  }

  offsetOf(abbreviation: string): number | undefined {
    return abbreviation === this.name ? this.#at.offset : undefined
  }
}

export const utc: Zone = new FixedZone('UTC', 0)

const maxOffsets = 10_000

/** Languages that know short names of zones, tried in this order. */
const locales = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ']

/** A zone of the IANA data base, by the run time's own copy of it. */
class NamedZone extends Zone {
  readonly name: string
  readonly #clock: Intl.DateTimeFormat
  readonly #offsets = new Map<number, number>()

  constructor(name: string) {
    super()
    this.name = name
    this.#clock = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      era: 'short',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  }

  at(seconds: number): ZoneAt {
    const offset = this.#offset(seconds)
    const name = this.name
    return {
      offset,
      get abbreviation(): string {
        return abbreviationOf(name, seconds, offset)
      },
    }
  }

  offsetOf(abbreviation: string, seconds: number): number | undefined {
    // A zone uses one name in winter and one in summer: look at both halves of the year.
    for (const shift of [0, 182 * 86_400, -182 * 86_400]) {
      const { offset } = this.at(seconds + shift)
      if (abbreviationOf(this.name, seconds + shift, offset) === abbreviation) return offset
    }
    return undefined
  }

  /** Offsets change at quarters of an hour, if at all: what was found holds for the whole quarter. */
  #offset(seconds: number): number {
    const quarter = Math.floor(seconds / 900)
    const found = this.#offsets.get(quarter)
    if (found !== undefined) return found
    if (this.#offsets.size >= maxOffsets) this.#offsets.clear()
    const offset = this.#lookUp(quarter * 900)
    this.#offsets.set(quarter, offset)
    return offset
  }

  #lookUp(seconds: number): number {
    const parts = new Map(
      this.#clock.formatToParts(seconds * 1_000).map(({ type, value }) => [type, value]),
    )
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
    const year = parts.get('era') === 'BC' ? 1 - part('year') : part('year')
    const local = secondsFromCivil({
      year,
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
    })
    return local - seconds
  }
}

const nameFormats = new Map<string, Intl.DateTimeFormat>()

function nameFormat(locale: string, zone: string): Intl.DateTimeFormat {
  const key = `${locale} ${zone}`
  const found = nameFormats.get(key)
  if (found !== undefined) return found
  const format = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' })
  if (nameFormats.size >= maxKnown) nameFormats.clear()
  nameFormats.set(key, format)
  return format
}

function abbreviationOf(zone: string, seconds: number, offset: number): string {
  for (const locale of locales) {
    const format = nameFormat(locale, zone)
    const name =
      format.formatToParts(seconds * 1_000).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    if (/^[A-Z]{2,5}$/.test(name) && (name !== 'GMT' || offset === 0)) return name
  }
  return numericName(offset)
}

/** A zone without a name is called by its distance: `+03`, `-0330`. */
function numericName(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60)
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0')
  const rest = minutes % 60
  return `${offset < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : String(rest).padStart(2, '0')}`
}

/** Zones, and formats of their names, that are kept. */
const maxKnown = 1_000

const known = new Map<string, Zone>([
  ['', utc],
  ['UTC', utc],
  // The machine's own zone is not looked at: the same input gives the same answer everywhere.
  ['Local', utc],
])

/** The zone of an IANA name. Throws a call error for an unknown one. */
export function loadZone(name: string): Zone {
  const found = known.get(name)
  if (found !== undefined) return found
  const fail = (): Error => callError('unknown time zone %s', name)
  // Offsets and names of units are no zones for Go, whatever the run time takes them for.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) throw fail()
  let zone: Zone
  try {
    zone = new NamedZone(name)
  } catch {
    throw fail()
  }
  if (known.size < maxKnown) known.set(name, zone)
  return zone
}

/** The instant at which a wall clock in the zone shows these seconds (taken as if UTC); of two, the one Go takes. */
export function instantOf(zone: Zone, local: number): number {
  const first = local - zone.at(local).offset
  return local - zone.at(first).offset
}
