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

export type LayoutPart = { readonly text: string } | { readonly piece: string }

/** Cuts a layout into text and pieces. */
export function partsOf(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = []
  let from = 0
  for (const match of layout.matchAll(piece)) {
    if (match.index > from) parts.push({ text: layout.slice(from, match.index) })
    parts.push({ piece: match[0] })
    from = match.index + match[0].length
  }
  if (from < layout.length) parts.push({ text: layout.slice(from) })
  return parts
}
