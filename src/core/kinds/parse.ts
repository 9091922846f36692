import type { z } from 'zod'
import { GantryError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { didYouMean } from '../nearest.ts'
import { describeFieldIssues } from './describe-issue.ts'
import { adviceForKind, insteadOfField } from './former.ts'
import { allKinds, kindOf } from './index.ts'
import type { Kind, KubeObject } from './kind.ts'
import { prune } from './prune.ts'

export interface ParseOptions {
  /** Unknown fields are errors that name the path and the nearest known name. Otherwise they are warned of and dropped. */
  readonly strict: boolean
}

export interface Parsed<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>
  readonly object: T
  /** Each a sentence. */
  readonly warnings: readonly string[]
}

/**
 * An object of any kind, from JSON. Throws NotSupported when its kind is not known and Invalid, with every problem in
 * `details`, when it does not fit its kind. A status is taken as far as it is understood; it is never an error.
 */
export function parseManifest(value: unknown, options: ParseOptions): Parsed {
  const json = checkJson(value)
  if (!isJsonObject(json)) throw new GantryError('Invalid', 'a manifest must be an object')
  return parseAs(requireKind(json), json, options)
}

/** The same for an object whose kind is given. `apiVersion` and `kind` may be absent. */
export function parseAs<T extends KubeObject>(
  kind: Kind<T>,
  value: unknown,
  options: ParseOptions,
): Parsed<T> {
  const json = checkJson(value)
  if (!isJsonObject(json)) throw new GantryError('Invalid', `a ${kind.kind} must be an object`)
  const manifest: JsonObject = { apiVersion: kind.apiVersion, kind: kind.kind, ...json }
  const { status, ...rest } = manifest
  const pruned = prune(kind.schema, rest)
  const unknown = pruned.unknown
    .filter(({ isNull }) => !isNull)
    .map((field) => `unknown field "${field.path}"${insteadOfField(kind.kind, field)}`)
  const result = kind.schema.safeParse(pruned.value)
  const problems = result.success ? [] : describeIssues(result.error, pruned.value)
  if (options.strict) problems.unshift(...unknown)
  if (!result.success || problems.length > 0) throw invalid(kind, rest, problems)
  const object = withKnownStatus(kind, result.data, status)
  return { kind, object, warnings: options.strict ? [] : unknown }
}

function withKnownStatus<T extends KubeObject>(kind: Kind<T>, object: T, status: unknown): T {
  if (!kind.hasStatus || status === undefined) return object
  const whole = kind.schema.safeParse(prune(kind.schema, { ...object, status }).value)
  return whole.success ? whole.data : object
}

/** The kind that a manifest says it is of. Throws Invalid when it says nothing, NotSupported when it is not known. */
export function requireKind(manifest: JsonObject): Kind {
  const { apiVersion, kind } = manifest
  if (typeof kind !== 'string' || kind === '') {
    throw new GantryError('Invalid', 'the manifest has no kind', { field: 'kind' })
  }
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    throw new GantryError('Invalid', `the ${kind} has no apiVersion`, { field: 'apiVersion' })
  }
  const found = kindOf(apiVersion, kind)
  if (found !== undefined) return found
  const namesake = allKinds.find((candidate) => candidate.kind === kind)
  const hint =
    namesake === undefined
      ? hintForKind(apiVersion, kind)
      : `; ${kind} is of ${namesake.apiVersion}`
  throw new GantryError('NotSupported', `no kind ${kind} of ${apiVersion} is known${hint}`, {
    field: namesake === undefined ? 'kind' : 'apiVersion',
  })
}

function hintForKind(apiVersion: string, kind: string): string {
  const advice = adviceForKind(apiVersion, kind)
  if (advice !== undefined) return `: ${advice}`
  return didYouMean(
    kind,
    allKinds.map((candidate) => candidate.kind),
  )
}

function describeIssues(error: z.ZodError, value: unknown): string[] {
  return describeFieldIssues(error, value).map(({ path, message }) =>
    path === '' ? message : `${path}: ${message}`,
  )
}

function invalid(kind: Kind, manifest: JsonObject, problems: readonly string[]): GantryError {
  const name = isJsonObject(manifest['metadata']) ? manifest['metadata']['name'] : undefined
  const title =
    typeof name === 'string' && name !== '' ? `${kind.kind} ${name}` : `the ${kind.kind}`
  return new GantryError('Invalid', `${title} is not valid: ${problems.join('; ')}`, {
    field: /^(?:unknown field ")?([^":]+)/.exec(problems[0] ?? '')?.[1],
    details: problems,
  })
}

/** Deeper nesting, and more values in one object than this, is refused. */
const maxDepth = 100
const maxValues = 1_000_000

/**
 * A copy of the value, checked to be plain JSON: no dates, functions or cycles, no key that reaches into prototypes,
 * bounded in depth and size. Throws Invalid and TooLarge.
 */
export function checkJson(value: unknown): unknown {
  let values = 0
  const copy = (at: unknown, depth: number): unknown => {
    values += 1
    if (values > maxValues) {
      throw new GantryError('TooLarge', `the object holds more than ${maxValues} values`)
    }
    if (depth > maxDepth) {
      throw new GantryError('TooLarge', `the object is nested more than ${maxDepth} levels deep`)
    }
    if (Array.isArray(at)) return at.map((item) => copy(item, depth + 1))
    if (isJsonObject(at)) {
      const prototype: unknown = Object.getPrototypeOf(at)
      if (prototype !== Object.prototype && prototype !== null) throw notJson(at)
      const fields: Record<string, unknown> = {}
      for (const key of Object.keys(at)) {
        if (key === '__proto__') {
          throw new GantryError('Invalid', 'the key "__proto__" is not allowed')
        }
        const child = at[key]
        if (child !== undefined) fields[key] = copy(child, depth + 1)
      }
      return fields
    }
    if (typeof at === 'number' ? Number.isFinite(at) : at === null || isPlain(at)) return at
    throw notJson(at)
  }
  return copy(value, 0)
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean'
}

function notJson(value: unknown): GantryError {
  const what = typeof value === 'number' ? `the number ${value}` : `a value of type ${typeof value}`
  return new GantryError('Invalid', `${what} cannot be part of an object`)
}
