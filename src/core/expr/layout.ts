import { callError } from './function-value.ts'
import { civilFromSeconds, daysInMonth, isLeapYear, secondsFromCivil, weekday } from './civil.ts'
import { FixedZone, instantOf, utc } from './zone.ts'
import type { Zone } from './zone.ts'

/** Layouts of Go's time package: the reference time Mon Jan 2 15:04:05 MST 2006 written the way the text is. */

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const dayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
]

export const rfc3339 = '2006-01-02T15:04:05Z07:00'

/** A moment: whole seconds since the epoch and nanoseconds within them. */
export interface Moment {
  readonly seconds: number
  readonly nanos: number
}

/**
 * The pieces of a layout, longest first where one starts like another. `_2006` is an underscore and a year; `Jan` and
 * `Mon` count only when no lower-case letter follows `Jan`.
 */
const piece = new RegExp(
  [
    'January',
    'Jan(?![a-z])',
    'Monday',
    'Mon(?![a-z])',
    'MST',
    '002',
    '01',
    '02',
    '03',
    '04',
    '05',
    '06',
    'Z07:00:00',
    'Z070000',
    'Z07:00',
    'Z0700',
    'Z07',
    '-07:00:00',
    '-070000',
    '-07:00',
    '-0700',
    '-07',
    '2006',
    '_2(?!006)',
    '__2',
    '15',
    '1',
    '2',
    '3',
    '4',
    '5',
    'PM',
    'pm',
    '[.,]0+(?![0-9])',
    '[.,]9+(?![0-9])',
  ]
    .sort((a, b) => b.length - a.length)
    .join('|'),
  'g',
)

type Part = { readonly text: string } | { readonly piece: string }

function partsOf(layout: string): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of layout.matchAll(piece)) {
    if (match.index > from) parts.push({ text: layout.slice(from, match.index) })
    parts.push({ piece: match[0] })
    from = match.index + match[0].length
  }
  if (from < layout.length) parts.push({ text: layout.slice(from) })
  return parts
}

const pad = (value: number, width: number, fill = '0'): string =>
  String(value).padStart(width, fill)

/** The moment in a zone, written by a layout. */
export function formatMoment(moment: Moment, zone: Zone, layout: string): string {
  const at = zone.at(moment.seconds)
  const local = moment.seconds + at.offset
  const civil = civilFromSeconds(local)
  const day = weekday(local)
  const twelve = civil.hour % 12 === 0 ? 12 : civil.hour % 12
  const write = (name: string): string => {
    switch (name) {
      case 'January':
        return monthNames[civil.month - 1] ?? ''
      case 'Jan':
        return (monthNames[civil.month - 1] ?? '').slice(0, 3)
      case 'Monday':
        return dayNames[day] ?? ''
      case 'Mon':
        return (dayNames[day] ?? '').slice(0, 3)
      case 'MST':
        return at.abbreviation
      case '01':
        return pad(civil.month, 2)
      case '02':
        return pad(civil.day, 2)
      case '_2':
        return pad(civil.day, 2, ' ')
      case '002':
        return pad(yearDay(local), 3)
      case '__2':
        return pad(yearDay(local), 3, ' ')
      case '03':
        return pad(twelve, 2)
      case '04':
        return pad(civil.minute, 2)
      case '05':
        return pad(civil.second, 2)
      case '06':
        return pad(((civil.year % 100) + 100) % 100, 2)
      case '2006':
        return civil.year < 0 ? `-${pad(-civil.year, 4)}` : pad(civil.year, 4)
      case '15':
        return pad(civil.hour, 2)
      case '1':
        return String(civil.month)
      case '2':
        return String(civil.day)
      case '3':
        return String(twelve)
      case '4':
        return String(civil.minute)
      case '5':
        return String(civil.second)
      case 'PM':
        return civil.hour >= 12 ? 'PM' : 'AM'
      case 'pm':
        return civil.hour >= 12 ? 'pm' : 'am'
      default:
        return /^[.,]/.test(name) ? writeFraction(name, moment.nanos) : writeOffset(name, at.offset)
    }
  }
  return partsOf(layout)
    .map((part) => ('text' in part ? part.text : write(part.piece)))
    .join('')
}

/** Day of the year from 1, of a local time in seconds. */
export function yearDay(local: number): number {
  const { year } = civilFromSeconds(local)
  const start = secondsFromCivil({ year, month: 1, day: 1, hour: 0, minute: 0, second: 0 })
  return Math.floor((local - start) / 86_400) + 1
}

function writeFraction(name: string, nanos: number): string {
  const digits = pad(nanos, 9)
    .slice(0, name.length - 1)
    .padEnd(name.length - 1, '0')
  if (name.charAt(1) === '0') return name.charAt(0) + digits
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : name.charAt(0) + short
}

function writeOffset(name: string, offset: number): string {
  if (name.startsWith('Z') && offset === 0) return 'Z'
  const size = Math.abs(offset)
  const colon = name.includes(':') ? ':' : ''
  const form = name.slice(1).replaceAll(':', '').length
  let text = (offset < 0 ? '-' : '+') + pad(Math.floor(size / 3_600), 2)
  if (form >= 4) text += colon + pad(Math.floor((size % 3_600) / 60), 2)
  if (form >= 6) text += colon + pad(size % 60, 2)
  return text
}

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
    callError(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: ${why}`)
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
      if (left === undefined) throw fail(`cannot find ${JSON.stringify(part.text)}`)
      rest = left
      return
    }
    const taken = readPiece(part.piece, rest, draft)
    if (taken === undefined) throw fail(`cannot read ${JSON.stringify(part.piece)}`)
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
  if (rest !== '') throw fail(`extra text: ${JSON.stringify(rest)}`)
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
