import type { Version } from './version.ts'

export type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^'

/** One comparison of a constraint. */
export interface Term {
  readonly operator: Operator
  /** Missing and wildcard parts are zero. */
  readonly version: Version
  /** The first part that is missing or a wildcard; everything after it is ignored. */
  readonly wild: 'major' | 'minor' | 'patch' | undefined
}

/** Whether the version satisfies the term. That prereleases may take part at all is the group's affair. */
export function matchesTerm(term: Term, version: Version): boolean {
  const order = version.compare(term.version)
  switch (term.operator) {
    case '=':
      return term.wild === undefined ? order === 0 : isNear(term, version, order)
    case '!=':
      return differs(term, version, order)
    case '>':
      return isAbove(term, version, order)
    case '<':
      return order < 0
    case '>=':
      return order >= 0
    case '<=':
      return isAtMost(term, version, order)
    case '~':
      return isNear(term, version, order)
    case '^':
      return isCompatible(term, version, order)
  }
}

function differs({ version: bound, wild }: Term, version: Version, order: number): boolean {
  if (wild !== 'minor' && wild !== 'patch') return order !== 0
  if (bound.major !== version.major) return true
  if (wild === 'minor') return false
  return bound.minor !== version.minor || bound.prerelease !== version.prerelease
}

function isAbove({ version: bound, wild }: Term, version: Version, order: number): boolean {
  if (wild !== 'minor' && wild !== 'patch') return order > 0
  if (version.major !== bound.major) return version.major > bound.major
  return wild === 'patch' && version.minor > bound.minor
}

function isAtMost({ version: bound, wild }: Term, version: Version, order: number): boolean {
  if (wild === undefined) return order <= 0
  if (version.major !== bound.major) return version.major < bound.major
  return wild === 'minor' || version.minor <= bound.minor
}

/** Tilde: the same minor version, or the same major one when no minor is given. `~0.0.0` and `*` let everything in. */
function isNear({ version: bound, wild }: Term, version: Version, order: number): boolean {
  if (order < 0) return false
  const partial = wild === 'minor' || wild === 'patch'
  if (!partial && bound.major === 0 && bound.minor === 0 && bound.patch === 0) return true
  return bound.major === version.major && (wild === 'minor' || bound.minor === version.minor)
}

/** Caret: nothing changes left of, and including, the first part that is not zero. */
function isCompatible({ version: bound, wild }: Term, version: Version, order: number): boolean {
  if (order < 0 || version.major !== bound.major) return false
  if (bound.major !== 0 || wild === 'minor') return true
  if (version.minor !== bound.minor) return false
  return bound.minor !== 0 || wild === 'patch' || version.patch === bound.patch
}
