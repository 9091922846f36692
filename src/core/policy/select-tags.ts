import { compareBytes } from '../compare-bytes.ts'
import { filterAndSort, parseConstraint, parseTag, type Constraint } from '../semver/index.ts'

/** How a subscription orders tags by their names alone. */
export type TagOrder =
  | {
      readonly strategy: 'SemVer'
      /** Absent: every version is in, prereleases too. */
      readonly constraint?: Constraint | undefined
      /** Three parts after at most one leading `v`. */
      readonly strict: boolean
    }
  | { readonly strategy: 'Lexical' }

/** By version, as a subscription writes it: an empty constraint lets every version in. Throws Invalid. */
export function semverOrder(constraint: string, strict: boolean): TagOrder {
  return constraint === ''
    ? { strategy: 'SemVer', strict }
    : { strategy: 'SemVer', strict, constraint: parseConstraint(constraint) }
}

/** The tags that the strategy lets through, best first. */
export function orderTags(tags: readonly string[], order: TagOrder): string[] {
  if (order.strategy === 'Lexical') return tags.toSorted((a, b) => compareBytes(b, a))
  return filterAndSort(tags, order.constraint, order).map((version) => version.original)
}

/**
 * Positive when `a` is the better of two tags. Undefined when they cannot be compared: one is no version by the
 * subscription's rules.
 */
export function compareTags(a: string, b: string, order: TagOrder): number | undefined {
  if (order.strategy === 'Lexical') return compareBytes(a, b)
  const left = parseTag(a, order.strict)
  const right = parseTag(b, order.strict)
  return left === undefined || right === undefined ? undefined : left.compare(right)
}

/** Something with a name and perhaps a birthday. */
export interface Dated {
  readonly tag: string
  /** Epoch milliseconds; absent counts as the oldest. */
  readonly createdAtMs?: number | undefined
}

/** For sorting: the newest first, the same moment by tag descending. */
export function newestBuildFirst(a: Dated, b: Dated): number {
  const left = a.createdAtMs ?? Number.NEGATIVE_INFINITY
  const right = b.createdAtMs ?? Number.NEGATIVE_INFINITY
  if (left !== right) return left > right ? -1 : 1
  return compareBytes(b.tag, a.tag)
}
