import { ownValue } from '../value.ts'
import type { Value, ValueMap } from '../value.ts'

/** Reads the entry of one name from a plain map; undefined when there is none, and for every other kind of value. */
export type Reader = (map: ValueMap) => Value | undefined

/**
 * JavaScript engines remember, for each place in the code that reads a property, where they found it last. A place that
 * reads every name of every expression remembers nothing and is many times slower. So there are several places, all
 * alike, and each name keeps to one of them.
 *
 * Plain maps are told by their constructor: a map with an entry of that name is not taken for one, which only costs time.
 */
const sites: readonly ((name: string) => Reader)[] = [
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
  (name) => (map) => (map.constructor === Object ? map[name] : undefined),
]

const anySite =
  (name: string): Reader =>
  (map) =>
    ownValue(map, name)

const readers = new Map<string, Reader>()
/** Names that keep their place. */
const maxReaders = 2_000
let assigned = 0

/** The reader of a name. */
export function readerOf(name: string): Reader {
  const known = readers.get(name)
  if (known !== undefined) return known
  const site = sites[assigned++ % sites.length] ?? anySite
  const reader = site(name)
  if (readers.size < maxReaders) readers.set(name, reader)
  return reader
}
