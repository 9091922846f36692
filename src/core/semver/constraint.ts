import { GantryError } from '../errors.ts'
import { rewriteHyphens } from './hyphen.ts'
import { spaceAfter, termPattern } from './grammar.ts'
import { matchesTerm, type Operator, type Term } from './term.ts'
import { parseLoose, type Version } from './version.ts'

/** Longer texts are refused before they are looked at. */
const maxLength = 65_536

/** A parsed constraint: a version satisfies it when it satisfies every term of at least one group. Immutable. */
export interface Constraint {
  /** The text as it was given. */
  readonly text: string
  readonly groups: readonly Group[]
}

export interface Group {
  readonly terms: readonly Term[]
  /** Whether a term carries a prerelease, which lets prereleases into the whole group. */
  readonly prereleases: boolean
}

/**
 * Parses a constraint as Masterminds' library does: `||` between groups, spaces or commas between the terms of a group,
 * each term an optional operator and a version that may be partial. Throws Invalid, naming the part that is wrong.
 */
export function parseConstraint(text: string): Constraint {
  if (text.length > maxLength) {
    throw new GantryError(
      'Invalid',
      `the version constraint is longer than ${maxLength} characters`,
    )
  }
  const groups = rewriteHyphens(text)
    .split('||')
    .map((group) => parseGroup(group, text))
  return { text, groups }
}

/** Whether the version satisfies the constraint. */
export function matches(constraint: Constraint, version: Version): boolean {
  return constraint.groups.some(
    (group) =>
      (version.prerelease === '' || group.prereleases) &&
      group.terms.every((term) => matchesTerm(term, version)),
  )
}

function parseGroup(group: string, text: string): Group {
  const terms: Term[] = []
  const pattern = new RegExp(termPattern, 'y')
  let at = spaceAfter(group, 0)
  if (at === group.length) throw problem(text, 'a group of it is empty')
  while (at < group.length) {
    pattern.lastIndex = at
    const match = pattern.exec(group)
    if (match === null) throw problem(text, `"${clip(group.slice(at))}" is not a version`)
    terms.push(toTerm(match, text))
    const end = pattern.lastIndex
    at = spaceAfter(group, end)
    if (at === group.length) break
    if (group[at] === ',') {
      at = spaceAfter(group, at + 1)
      if (at === group.length) throw problem(text, 'a version is missing after its last comma')
    } else if (at === end) {
      throw problem(text, `"${clip(group.slice(end))}" directly follows a version`)
    }
  }
  return { terms, prereleases: terms.some((term) => term.version.prerelease !== '') }
}

function toTerm(match: RegExpExecArray, text: string): Term {
  const [whole, operator = '', written = '', major = '', minor, patch, prerelease = ''] = match
  const wild = isWild(major)
    ? 'major'
    : isWild(minor)
      ? 'minor'
      : isWild(patch)
        ? 'patch'
        : undefined
  const full =
    wild === undefined
      ? written
      : wild === 'major'
        ? `0.0.0${prerelease}`
        : wild === 'minor'
          ? `${major}.0.0${prerelease}`
          : `${major}.${minor}.0${prerelease}`
  const version = parseLoose(full)
  if (version === undefined) throw problem(text, `"${clip(whole)}" holds no valid version`)
  return { operator: operators[operator] ?? '=', version, wild }
}

const operators: Readonly<Record<string, Operator>> = {
  '': '=',
  '=': '=',
  '!=': '!=',
  '>': '>',
  '<': '<',
  '>=': '>=',
  '=>': '>=',
  '<=': '<=',
  '=<': '<=',
  '~': '~',
  '~>': '~',
  '^': '^',
}

function isWild(part: string | undefined): boolean {
  return part === undefined || part === 'x' || part === 'X' || part === '*'
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text
}

function problem(text: string, what: string): GantryError {
  return new GantryError(
    'Invalid',
    `the version constraint "${clip(text)}" cannot be parsed: ${what}`,
  )
}
