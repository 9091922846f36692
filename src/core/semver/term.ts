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
  return checks[term.operator](term, version, version.compare(term.version))
}

/** `order` is how the version compares with the term's own. */
const checks: Readonly<Record<Operator, (term: Term, version: Version, order: number) => boolean>> =
  {
    '=': (term, version, order) =>
      term.wild === undefined ? order === 0 : isNear(term, version, order),
    '!=': differs,
    '>': isAbove,
    '<': (_term, _version, order) => order < 0,
    '>=': (_term, _version, order) => order >= 0,
    '<=': isAtMost,
    '~': isNear,
    '^': isCompatible,
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
