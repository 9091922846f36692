import type { FreightView } from './views.ts'

const day = 86_400_000

/**
 * Milliseconds since the epoch of an RFC 3339 timestamp; undefined when it is absent or not one. The form that all our
 * own timestamps have, `2026-01-02T03:04:05Z`, is read without the general parser: lists of ten thousand Freight are
 * judged at once.
 */
export function instantOf(timestamp: string | undefined): number | undefined {
  if (timestamp === undefined) return undefined
  if (timestamp.length !== 20 || timestamp.charCodeAt(19) !== 90) return parse(timestamp)
  const year = digits(timestamp, 0, 4)
  const month = digits(timestamp, 5, 7)
  const dayOfMonth = digits(timestamp, 8, 10)
  if (month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > 28) return parse(timestamp)
  const hours = digits(timestamp, 11, 13)
  const minutes = digits(timestamp, 14, 16)
  const seconds = digits(timestamp, 17, 19)
  // Also the second that other clocks insert: it is no moment of this count.
  if (hours > 23 || minutes > 59 || seconds > 59) return parse(timestamp)
  const timeOfDay = (hours * 3600 + minutes * 60 + seconds) * 1000
  const instant = daysSinceEpoch(year, month, dayOfMonth) * day + timeOfDay
  return Number.isNaN(instant) ? undefined : instant
}

function parse(timestamp: string): number | undefined {
  const instant = Date.parse(timestamp)
  return Number.isNaN(instant) ? undefined : instant
}

function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Days of the proleptic Gregorian calendar, with years that begin in March so that leap days come last. */
function daysSinceEpoch(year: number, month: number, dayOfMonth: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + dayOfMonth - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** When the Freight was discovered, else created; epoch milliseconds, 0 when neither is known. */
export function discoveryTime(freight: FreightView): number {
  return instantOf(freight.discoveredAt) ?? instantOf(freight.metadata.creationTimestamp) ?? 0
}

/** The one order of Freight: by discovery, then by name. Negative when `a` is the newer. */
export function newestFirst(a: FreightView, b: FreightView): number {
  return discoveryTime(b) - discoveryTime(a) || compareNames(b, a)
}

function compareNames(a: FreightView, b: FreightView): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0
}

/** A new list in that order; reads each time once. */
export function sortNewestFirst<F extends FreightView>(freight: readonly F[]): readonly F[] {
  return freight
    .map((each) => ({ each, time: discoveryTime(each) }))
    .sort((a, b) => b.time - a.time || compareNames(b.each, a.each))
    .map(({ each }) => each)
}

export function isNewer(a: FreightView, b: FreightView): boolean {
  return newestFirst(a, b) < 0
}
