import { GantryError } from '../errors.ts'

/**
 * A part of a version: an unsigned 64-bit integer. A number up to 2^53 - 1 and a bigint above, so equal parts are
 * always `===` and `<` works across both.
 */
export type VersionPart = number | bigint

const maxPart = 18446744073709551615n
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const loosePattern = new RegExp(
  `^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:-(${identifiers}))?(?:\\+(${identifiers}))?$`,
)
const strictPattern = new RegExp(
  `^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(?:-(${identifiers}))?(?:\\+(${identifiers}))?$`,
)
const paddedIdentifier = /(?:^|\.)0[0-9]+(?:\.|$)/

/** A parsed version that remembers the text it came from. Immutable. */
export class Version {
  /** The text as it was given. */
  readonly original: string
  readonly major: VersionPart
  readonly minor: VersionPart
  readonly patch: VersionPart
  /** Without its `-`; empty for a release. */
  readonly prerelease: string
  /** Without its `+`; plays no part in precedence. */
  readonly metadata: string

  constructor(
    original: string,
    core: readonly [major: VersionPart, minor: VersionPart, patch: VersionPart],
    prerelease = '',
    metadata = '',
  ) {
    this.original = original
    this.major = core[0]
    this.minor = core[1]
    this.patch = core[2]
    this.prerelease = prerelease
    this.metadata = metadata
  }

  /** The three-part form: no leading `v`, missing parts as zero. */
  toString(): string {
    return format(this.major, this.minor, this.patch, this.prerelease, this.metadata)
  }

  /** Negative, zero or positive by precedence; metadata and the original text are ignored. */
  compare(other: Version): number {
    return (
      comparePart(this.major, other.major) ||
      comparePart(this.minor, other.minor) ||
      comparePart(this.patch, other.patch) ||
      comparePrerelease(this.prerelease, other.prerelease)
    )
  }

  /** The next major version: a release without metadata. Throws Invalid beyond 64 bits. */
  incMajor(): Version {
    return this.#release(next(this.major), 0, 0)
  }

  incMinor(): Version {
    return this.#release(this.major, next(this.minor), 0)
  }

  /** The next patch version; of a prerelease it is the release that it precedes. */
  incPatch(): Version {
    const patch = this.prerelease === '' ? next(this.patch) : this.patch
    return this.#release(this.major, this.minor, patch)
  }

  /** The original's leading `v` is kept. */
  #release(major: VersionPart, minor: VersionPart, patch: VersionPart): Version {
    const prefix = this.original.startsWith('v') ? 'v' : ''
    return new Version(prefix + format(major, minor, patch, '', ''), [major, minor, patch])
  }
}

/**
 * A version as people write it: a leading `v`, one to three parts and leading zeros in them are fine. Undefined when it
 * is none.
 */
export function parseLoose(text: string): Version | undefined {
  return fromMatch(text, loosePattern.exec(text))
}

/** A version exactly as SemVer 2.0 writes it: three parts, no `v`, no leading zeros. Undefined when it is none. */
export function parseStrict(text: string): Version | undefined {
  return fromMatch(text, strictPattern.exec(text))
}

/**
 * A tag as a version; its original text is the whole tag. `strict` allows at most one leading `v` before a strict
 * version.
 */
export function parseTag(tag: string, strict: boolean): Version | undefined {
  if (!strict) return parseLoose(tag)
  return fromMatch(tag, strictPattern.exec(tag.startsWith('v') ? tag.slice(1) : tag))
}

/** A total order: precedence first, then the original text bytewise. */
export function compareVersions(a: Version, b: Version): number {
  return a.compare(b) || (a.original < b.original ? -1 : a.original > b.original ? 1 : 0)
}

function fromMatch(original: string, match: RegExpExecArray | null): Version | undefined {
  if (match === null) return undefined
  const major = toPart(match[1])
  const minor = toPart(match[2])
  const patch = toPart(match[3])
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  const prerelease = match[4] ?? ''
  if (prerelease !== '' && paddedIdentifier.test(prerelease)) return undefined
  return new Version(original, [major, minor, patch], prerelease, match[5])
}

function toPart(digits: string | undefined): VersionPart | undefined {
  if (digits === undefined) return 0
  if (digits.length <= 15) return Number(digits)
  const significant = digits.replace(/^0+(?=[0-9])/, '')
  if (significant.length > 20) return undefined
  const value = BigInt(significant)
  return value > maxPart ? undefined : narrow(value)
}

function narrow(value: bigint): VersionPart {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

function next(part: VersionPart): VersionPart {
  if (typeof part === 'number' && part < Number.MAX_SAFE_INTEGER) return part + 1
  const value = BigInt(part) + 1n
  if (value > maxPart) {
    throw new GantryError(
      'Invalid',
      `the version part ${part} cannot be increased: it is the largest`,
    )
  }
  return value
}

function format(
  major: VersionPart,
  minor: VersionPart,
  patch: VersionPart,
  prerelease: string,
  metadata: string,
): string {
  const core = `${major}.${minor}.${patch}`
  return `${core}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`
}

function comparePart(a: VersionPart, b: VersionPart): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (const [index, mine] of left.entries()) {
    const theirs = right[index]
    if (theirs === undefined) return 1
    const order = compareIdentifier(mine, theirs)
    if (order !== 0) return order
  }
  return left.length < right.length ? -1 : 0
}

/** Numbers come before words; a number beyond 64 bits counts as a word. */
function compareIdentifier(a: string, b: string): number {
  if (a === b) return 0
  const left = numberOf(a)
  const right = numberOf(b)
  if (left !== undefined && right !== undefined) return comparePart(left, right)
  if (left !== undefined) return -1
  if (right !== undefined) return 1
  return a < b ? -1 : 1
}

function numberOf(identifier: string): VersionPart | undefined {
  return /^[0-9]+$/.test(identifier) ? toPart(identifier) : undefined
}
