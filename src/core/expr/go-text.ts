import { AnyMap } from './any-map.ts'
import { compareBytes } from './bytes.ts'
import { budgetError, maxStringLength, maxValueDepth } from './frame.ts'
import { sortedKeys } from './go-json.ts'
import { formatGoFloat } from './go-number.ts'
import { Boxed, isList } from './value.ts'
import type { Value } from './value.ts'

/** A value as Go's `%v` prints it: `[1 2]`, `map[a:1 b:2]`, `<nil>`, `1e+06`. */
export function formatValue(value: Value): string {
  return print(value, 0, { left: maxStringLength })
}

function print(value: Value | undefined, depth: number, room: { left: number }): string {
  if (depth > maxValueDepth) throw budgetError('the value is nested too deeply to be printed')
  const text = printed(value, depth, room)
  room.left -= text.length
  if (room.left < 0) throw budgetError('memory budget exceeded')
  return text
}

function printed(value: Value | undefined, depth: number, room: { left: number }): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return formatGoFloat(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (isList(value)) return `[${value.map((item) => print(item, depth + 1, room)).join(' ')}]`
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`
  if (value instanceof AnyMap) {
    const entries = value
      .entries()
      .map((entry): [string, Value] => [print(entry.key, depth + 1, room), entry.value])
    return printMap(
      entries.sort(([a], [b]) => compareBytes(a, b)),
      depth,
      room,
    )
  }
  if (value instanceof Boxed) return value.text()
  return printMap(
    sortedKeys(value).map((key) => [key, value[key] ?? null]),
    depth,
    room,
  )
}

function printMap(
  entries: readonly (readonly [string, Value])[],
  depth: number,
  room: { left: number },
): string {
  return `map[${entries.map(([key, item]) => `${key}:${print(item, depth + 1, room)}`).join(' ')}]`
}
