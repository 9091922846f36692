import type { DeepReadonly, Json } from '../../json.ts'
import { GantryError } from '../../errors.ts'

/**
 * Facts from outside that an evaluation may look at, by key (`Secret/<namespace>/<name>`). A key that maps to null is
 * known to be absent; a key that is not in the map was not asked for yet.
 */
export type Snapshot = ReadonlyMap<string, DeepReadonly<Json>>

/** Raised through an evaluation when it needs a fact that the snapshot lacks. For hosts only: never shown. */
export class Need extends Error {
  override readonly name = 'Need'
  readonly key: string

  constructor(key: string) {
    super(`needs ${key}`)
    this.key = key
  }
}

/** The fact under a key; raises Need when it is not in the snapshot, gives null when it is known to be absent. */
export function need(snapshot: Snapshot, key: string): DeepReadonly<Json> {
  const found = snapshot.get(key)
  if (found === undefined) throw new Need(key)
  return found
}

export interface ResolveOptions {
  /** At most this many facts are fetched for one evaluation; TooLarge beyond. 100 unless told. */
  readonly limit?: number | undefined
  /** What is known already; not changed. */
  readonly snapshot?: Snapshot | undefined
}

/**
 * Evaluates, fetches what was missing, and evaluates again, until nothing is missing. `fetch` answers null for what
 * does not exist. Returns the result together with everything that was known in the end.
 */
export async function resolveNeeds<T>(
  evaluate: (snapshot: Snapshot) => T,
  fetch: (key: string) => Promise<DeepReadonly<Json>>,
  options: ResolveOptions = {},
): Promise<{ readonly result: T; readonly snapshot: Snapshot }> {
  const limit = options.limit ?? 100
  const known = new Map(options.snapshot)
  for (let fetched = 0; ; fetched++) {
    let missing: string
    try {
      return { result: evaluate(known), snapshot: known }
    } catch (thrown) {
      if (!(thrown instanceof Need)) throw thrown
      missing = thrown.key
    }
    if (fetched >= limit) {
      throw new GantryError(
        'TooLarge',
        `an expression asked for more than ${limit} objects; reduce the number of lookups`,
      )
    }
    known.set(missing, await fetch(missing))
  }
}
