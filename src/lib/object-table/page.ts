import { GantryError } from '../../core/errors.ts'
import type { Entry } from './entry.ts'

/** Where a list goes on: after which key, and at which version its first page was read. */
export interface Position {
  readonly after: string
  readonly resourceVersion: string
}

/**
 * A continue token names a key, not a snapshot, so it stays valid for ever. All pages carry the version of the first
 * one: a watch from there brings whatever changed while the pages were read.
 */
export function toContinueToken(position: Position): string {
  return Buffer.from(JSON.stringify([position.after, position.resourceVersion])).toString(
    'base64url',
  )
}

/** @throws GantryError BadRequest when it is not one of ours */
export function fromContinueToken(token: string): Position {
  const [after, resourceVersion] = parseToken(token)
  if (typeof after !== 'string' || typeof resourceVersion !== 'string')
    throw new GantryError('BadRequest', 'the continue token is not one that a list gave', {
      field: 'continue',
    })
  return { after, resourceVersion }
}

function parseToken(token: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** The first `limit` entries (all when undefined), and whether there are more. */
export function takePage(
  entries: Iterable<Entry>,
  limit: number | undefined,
): { readonly entries: readonly Entry[]; readonly hasMore: boolean } {
  const taken: Entry[] = []
  for (const entry of entries) {
    if (limit !== undefined && taken.length >= limit) return { entries: taken, hasMore: true }
    taken.push(entry)
  }
  return { entries: taken, hasMore: false }
}

/** @throws GantryError BadRequest */
export function checkLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) return limit
  throw new GantryError('BadRequest', `limit must be a positive whole number, not ${limit}`, {
    field: 'limit',
  })
}

/**
 * The sequence number that a resource version of this store is.
 * @throws GantryError BadRequest
 */
export function parseVersion(resourceVersion: string): number {
  const seq = /^\d{1,15}$/.test(resourceVersion) ? Number(resourceVersion) : Number.NaN
  if (Number.isNaN(seq))
    throw new GantryError('BadRequest', `${resourceVersion} is not a resource version`, {
      field: 'resourceVersion',
    })
  return seq
}
