import { filterAndSort, parseTag, type Constraint } from '../semver/index.ts'

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

/** The order of UTF-8 bytes. Code units disagree only where surrogates meet U+E000 and above. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left === right) continue
    const isLeftSurrogate = left >= 0xd800 && left <= 0xdfff
    const isRightSurrogate = right >= 0xd800 && right <= 0xdfff
    if (isLeftSurrogate !== isRightSurrogate) return isLeftSurrogate ? 1 : -1
    return left < right ? -1 : 1
  }
  return a.length < b.length ? -1 : 1
}
