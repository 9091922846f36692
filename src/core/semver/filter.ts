import { matches, type Constraint } from './constraint.ts'
import { compareVersions, parseTag, type Version } from './version.ts'

/**
 * The tags that are versions and satisfy the constraint, best first; equal precedence by the original text, bytewise
 * descending. Without a constraint every version is in, prereleases too. `strict` wants three parts, after at most one
 * leading `v`.
 */
export function filterAndSort(
  tags: readonly string[],
  constraint: Constraint | undefined,
  options: { readonly strict: boolean },
): Version[] {
  const versions: Version[] = []
  for (const tag of tags) {
    const version = parseTag(tag, options.strict)
    if (version === undefined) continue
    if (constraint === undefined || matches(constraint, version)) versions.push(version)
  }
  return versions.sort((a, b) => compareVersions(b, a))
}
