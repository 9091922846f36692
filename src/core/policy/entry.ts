/**
 * The entry of a map that users' names are the keys of. Only own keys count: a Stage may be called `constructor`, and
 * what every object inherits under that name must not pass a gate.
 */
export function entry<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined
}

/** The map without this key; the same map when it has no such key. */
export function withoutEntry<T>(
  map: Readonly<Record<string, T>>,
  key: string,
): Readonly<Record<string, T>> {
  if (!Object.hasOwn(map, key)) return map
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key))
}
