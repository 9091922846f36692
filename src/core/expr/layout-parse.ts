import { civilFromSeconds, daysInMonth, isLeapYear, secondsFromCivil } from './civil.ts'
import { callError } from './function-value.ts'
import { dayNames, monthNames, partsOf } from './layout.ts'
import type { Moment } from './layout.ts'
import { FixedZone, instantOf, utc } from './zone.ts'
import type { Zone } from './zone.ts'

interface Draft {
  year: number
  month: number
  day: number
  yearDay: number
  hour: number
  minute: number
  second: number
  nanos: number
  afternoon: boolean | undefined
  twelveHour: boolean
  offset: number | undefined
  abbreviation: string | undefined
}

/** Reads a text by a layout. A text without an offset is taken in the zone. Throws a call error. */
export function parseMoment(
  text: string,
  layout: string,
  zone: Zone,
): { moment: Moment; zone: Zone } {
  const fail = (why: string): Error =>
    callError(`parsing time %s: ${why}`, `${JSON.stringify(text)} as ${JSON.stringify(layout)}`)
  const draft: Draft = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
    afternoon: undefined,
    twelveHour: false,
    offset: undefined,
    abbreviation: undefined,
  }
  let rest = text
  const parts = partsOf(layout)
  parts.forEach((part, index) => {
    if ('text' in part) {
      const left = skipText(rest, part.text)
      if (left === undefined) throw fail('it does not fit the layout')
      rest = left
      return
    }
    const taken = readPiece(part.piece, rest, draft)
    if (taken === undefined) throw fail(`there is nothing for ${part.piece}`)
    rest = rest.slice(taken)
    // Seconds may be followed by a fraction that the layout does not mention.
    const next = parts.slice(index + 1).find((each) => 'piece' in each)
    const mentioned = next !== undefined && 'piece' in next && /^[.,]/.test(next.piece)
    if ((part.piece === '05' || part.piece === '5') && !mentioned) {
      const fraction = /^[.,](\d+)/.exec(rest)
      if (fraction !== null) {
        draft.nanos = nanosOf(fraction[1] ?? '')
        rest = rest.slice(fraction[0].length)
      }
    }
  })
  if (rest !== '') throw fail('there is text left over')
  return finish(draft, zone, fail)
}

/** Spaces in a layout stand for any number of spaces, also none at the end of the text. */
function skipText(text: string, wanted: string): string | undefined {
  let rest = text
  let left = wanted
  while (left !== '') {
    if (left.startsWith(' ')) {
      if (rest !== '' && !rest.startsWith(' ')) return undefined
      left = left.replace(/^ +/, '')
      rest = rest.replace(/^ +/, '')
      continue
    }
    if (rest.charAt(0) !== left.charAt(0)) return undefined
    left = left.slice(1)
    rest = rest.slice(1)
  }
  return rest
}

const nanosOf = (digits: string): number => Number(digits.slice(0, 9).padEnd(9, '0'))

/** Takes a piece from the start of a text into the draft; says how many characters it took, undefined when none fit. */
function readPiece(name: string, text: string, draft: Draft): number | undefined {
  const number = (pattern: RegExp, set: (value: number) => void): number | undefined => {
    const found = pattern.exec(text)
    if (found === null) return undefined
    set(Number(found[0]))
    return found[0].length
  }
  const word = (names: readonly string[], set: (index: number) => void): number | undefined => {
    const index = names.findIndex(
      (each) => text.slice(0, each.length).toLowerCase() === each.toLowerCase(),
    )
    if (index === -1) return undefined
    set(index)
    return names[index]?.length
  }
  switch (name) {
    case 'January':
      return word(monthNames, (index) => (draft.month = index + 1))
    case 'Jan':
      return word(
        monthNames.map((each) => each.slice(0, 3)),
        (index) => (draft.month = index + 1),
      )
    case 'Monday':
      return word(dayNames, () => undefined)
    case 'Mon':
      return word(
        dayNames.map((each) => each.slice(0, 3)),
        () => undefined,
      )
    case '01':
      return number(/^\d\d/, (value) => (draft.month = value))
    case '1':
      return number(/^\d\d?/, (value) => (draft.month = value))
    case '02':
      return number(/^\d\d/, (value) => (draft.day = value))
    case '2':
      return number(/^\d\d?/, (value) => (draft.day = value))
    case '_2':
      return number(/^ ?\d\d?/, (value) => (draft.day = value))
    case '002':
      return number(/^\d{3}/, (value) => (draft.yearDay = value))
    case '__2':
      return number(/^ {0,2}\d{1,3}/, (value) => (draft.yearDay = value))
    case '15':
      return number(/^\d\d?/, (value) => (draft.hour = value))
    case '03':
    case '3':
      return number(name === '03' ? /^\d\d/ : /^\d\d?/, (value) => {
        draft.hour = value
        draft.twelveHour = true
      })
    case '04':
      return number(/^\d\d/, (value) => (draft.minute = value))
    case '4':
      return number(/^\d\d?/, (value) => (draft.minute = value))
    case '05':
      return number(/^\d\d/, (value) => (draft.second = value))
    case '5':
      return number(/^\d\d?/, (value) => (draft.second = value))
    case '2006':
      return number(/^\d{4}/, (value) => (draft.year = value))
    case '06':
      return number(/^\d\d/, (value) => (draft.year = value >= 69 ? value + 1900 : value + 2000))
    case 'PM':
    case 'pm': {
      const half = text.slice(0, 2)
      if (half !== (name === 'PM' ? 'PM' : 'pm') && half !== (name === 'PM' ? 'AM' : 'am'))
        return undefined
      draft.afternoon = half.toLowerCase() === 'pm'
      return 2
    }
    case 'MST':
      return readAbbreviation(text, draft)
    default:
      return /^[.,]/.test(name) ? readFraction(name, text, draft) : readOffset(name, text, draft)
  }
}

function readFraction(name: string, text: string, draft: Draft): number | undefined {
  const digits = /^[.,](\d+)/.exec(text)
  if (name.charAt(1) === '9') {
    if (digits === null) return 0
    draft.nanos = nanosOf(digits[1] ?? '')
    return digits[0].length
  }
  const wanted = name.length - 1
  const exact = new RegExp(`^[.,](\\d{${wanted}})`).exec(text)
  if (exact === null) return undefined
  draft.nanos = nanosOf(exact[1] ?? '')
  return exact[0].length
}

function readOffset(name: string, text: string, draft: Draft): number | undefined {
  if (name.startsWith('Z') && text.startsWith('Z')) {
    draft.offset = 0
    draft.abbreviation = 'UTC'
    return 1
  }
  const colon = name.includes(':') ? ':' : ''
  const form = name.slice(1).replaceAll(':', '').length
  const pattern = `^([+-])(\\d\\d)${form >= 4 ? `${colon}(\\d\\d)` : ''}${form >= 6 ? `${colon}(\\d\\d)` : ''}`
  const found = new RegExp(pattern).exec(text)
  if (found === null) return undefined
  const [all, sign, hours = '0', minutes = '0', seconds = '0'] = found
  if (Number(hours) > 24 || Number(minutes) > 60 || Number(seconds) > 60) return undefined
  const size = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
  draft.offset = sign === '-' ? -size : size
  return all.length
}

function readAbbreviation(text: string, draft: Draft): number | undefined {
  if (text.startsWith('UTC')) {
    draft.offset = 0
    draft.abbreviation = 'UTC'
    return 3
  }
  const found =
    /^GMT([+-]\d{1,2})?/.exec(text) ??
    /^[+-]\d\d/.exec(text) ??
    /^(?:ChST|MeST|WITA|[A-Z]{4}T|[A-Z]{3}T|[A-Z]{3})/.exec(text)
  if (found === null) return undefined
  draft.abbreviation = found[0]
  return found[0].length
}

function finish(
  draft: Draft,
  zone: Zone,
  fail: (why: string) => Error,
): { moment: Moment; zone: Zone } {
  const inRange = (value: number, from: number, to: number, what: string): void => {
    if (value < from || value > to) throw fail(`${what} out of range`)
  }
  if (draft.yearDay >= 0) {
    inRange(draft.yearDay, 1, isLeapYear(draft.year) ? 366 : 365, 'day-of-year')
    const civil = civilFromSeconds(
      secondsFromCivil({
        year: draft.year,
        month: 1,
        day: draft.yearDay,
        hour: 0,
        minute: 0,
        second: 0,
      }),
    )
    if (
      (draft.month >= 0 && draft.month !== civil.month) ||
      (draft.day >= 0 && draft.day !== civil.day)
    ) {
      throw fail('day-of-year does not match')
    }
    draft.month = civil.month
    draft.day = civil.day
  }
  const month = draft.month < 0 ? 1 : draft.month
  const day = draft.day < 0 ? 1 : draft.day
  inRange(month, 1, 12, 'month')
  inRange(day, 1, daysInMonth(draft.year, month), 'day')
  inRange(draft.hour, 0, draft.twelveHour ? 12 : 23, 'hour')
  inRange(draft.minute, 0, 59, 'minute')
  inRange(draft.second, 0, 59, 'second')
  let hour = draft.hour
  if (draft.afternoon === true && hour < 12) hour += 12
  else if (draft.afternoon === false && hour === 12) hour = 0
  const local = secondsFromCivil({
    year: draft.year,
    month,
    day,
    hour,
    minute: draft.minute,
    second: draft.second,
  })
  return {
    moment: { nanos: draft.nanos, ...place(local, draft, zone) },
    zone: zoneOf(local, draft, zone),
  }
}

function place(local: number, draft: Draft, zone: Zone): { seconds: number } {
  if (draft.offset !== undefined) return { seconds: local - draft.offset }
  if (draft.abbreviation === undefined) return { seconds: instantOf(zone, local) }
  return { seconds: local - abbreviationOffset(local, draft.abbreviation, zone) }
}

/** The offset of a short name: what the zone means by it, hours after `GMT`, otherwise none. */
function abbreviationOffset(local: number, abbreviation: string, zone: Zone): number {
  const own = zone.offsetOf(abbreviation, local)
  if (own !== undefined) return own
  const hours = /^GMT([+-]\d+)$/.exec(abbreviation)?.[1]
  return hours === undefined ? 0 : Number(hours) * 3_600
}

function zoneOf(local: number, draft: Draft, zone: Zone): Zone {
  if (draft.offset !== undefined) {
    if (draft.abbreviation === 'UTC' || draft.offset === 0) return utc
    // The zone itself, when that is what its clocks show.
    return zone.at(local - draft.offset).offset === draft.offset
      ? zone
      : new FixedZone('', draft.offset)
  }
  if (draft.abbreviation === undefined) return zone
  if (zone.offsetOf(draft.abbreviation, local) !== undefined) return zone
  return new FixedZone(draft.abbreviation, abbreviationOffset(local, draft.abbreviation, zone))
}
