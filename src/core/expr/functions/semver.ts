import { parseLoose } from '../../semver/index.ts'
import type { Version } from '../../semver/index.ts'
import { callError, FunctionValue } from '../function-value.ts'
import type { Implementation } from '../function-value.ts'
import { Uint } from '../named.ts'
import { bool, int, signature, string } from '../types.ts'
import type { Signature, Type } from '../types.ts'
import { Boxed } from '../value.ts'
import type { Value } from '../value.ts'
import { expectArguments, stringArgument } from './declare.ts'

/** A version as a value: what `semverParse` gives. Encoded as its normal form. */
class VersionValue extends Boxed {
  readonly typeName = '*semver.Version'
  readonly version: Version

  constructor(version: Version) {
    super()
    this.version = version
  }

  override method(name: string): FunctionValue | undefined {
    const call = Object.hasOwn(methods, name) ? methods[name] : undefined
    return call === undefined
      ? undefined
      : new FunctionValue(name, (args) => call(this.version, args))
  }

  override toJsonValue(): Value {
    return this.version.toString()
  }

  override text(): string {
    return this.version.toString()
  }

  override equals(other: Value): boolean {
    return other instanceof VersionValue && other.version.original === this.version.original
  }
}

function other(args: readonly Value[]): Version {
  const [value] = args
  if (value instanceof VersionValue) return value.version
  throw callError('argument must be a version')
}

const methods: Readonly<Record<string, (version: Version, args: readonly Value[]) => Value>> = {
  Major: (v) => new Uint(BigInt(v.major)),
  Minor: (v) => new Uint(BigInt(v.minor)),
  Patch: (v) => new Uint(BigInt(v.patch)),
  Prerelease: (v) => v.prerelease,
  Metadata: (v) => v.metadata,
  Original: (v) => v.original,
  String: (v) => v.toString(),
  IncMajor: (v) => incremented(() => v.incMajor()),
  IncMinor: (v) => incremented(() => v.incMinor()),
  IncPatch: (v) => incremented(() => v.incPatch()),
  Compare: (v, args) => BigInt(Math.sign(v.compare(other(args)))),
  LessThan: (v, args) => v.compare(other(args)) < 0,
  LessThanEqual: (v, args) => v.compare(other(args)) <= 0,
  GreaterThan: (v, args) => v.compare(other(args)) > 0,
  GreaterThanEqual: (v, args) => v.compare(other(args)) >= 0,
  Equal: (v, args) => v.compare(other(args)) === 0,
}

function incremented(next: () => Version): Value {
  try {
    return new VersionValue(next())
  } catch {
    throw callError('the version cannot be incremented: a part would exceed 64 bits')
  }
}

const methodTypes: Record<string, Signature> = {}

const versionType: Type = {
  kind: 'object',
  name: '*semver.Version',
  shape: 'pointer',
  fields: {},
  methods: methodTypes,
}

// What some methods give has these methods again, so the type comes first.
for (const name of ['Major', 'Minor', 'Patch']) methodTypes[name] = signature([], int)
for (const name of ['Prerelease', 'Metadata', 'Original', 'String'])
  methodTypes[name] = signature([], string)
for (const name of ['IncMajor', 'IncMinor', 'IncPatch'])
  methodTypes[name] = signature([], versionType)
for (const name of ['LessThan', 'LessThanEqual', 'GreaterThan', 'GreaterThanEqual', 'Equal']) {
  methodTypes[name] = signature([versionType], bool)
}
methodTypes['Compare'] = signature([versionType], int)

export const utilitySignatures: Readonly<Record<string, readonly Signature[]>> = {
  semverParse: [signature([string], versionType)],
  semverDiff: [signature([string, string], string)],
}

export const utilityImplementations: Readonly<Record<string, Implementation>> = {
  semverParse: (args) => {
    expectArguments(args, 1)
    const text = stringArgument(args, 0)
    const version = parseLoose(text)
    if (version === undefined) throw callError('invalid semantic version: %s', text)
    return new VersionValue(version)
  },
  semverDiff: (args) => {
    expectArguments(args, 2)
    return difference(parseLoose(stringArgument(args, 0)), parseLoose(stringArgument(args, 1)))
  },
}

function difference(a: Version | undefined, b: Version | undefined): string {
  if (a === undefined || b === undefined) return 'Incomparable'
  if (a.major !== b.major) return 'Major'
  if (a.minor !== b.minor) return 'Minor'
  if (a.patch !== b.patch) return 'Patch'
  return a.metadata === b.metadata ? 'None' : 'Metadata'
}
