import { civilFromSeconds, secondsFromCivil, weekday } from './civil.ts'
import { dayNames, monthNames, partsOf } from './layout.ts'
import type { Moment } from './layout.ts'
import type { Zone } from './zone.ts'

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
