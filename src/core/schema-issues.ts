import type { z } from 'zod'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/**
 * Each problem as `path: what is wrong`, in the order the schema found them, in the words of Kargo's validator; `(root)`
 * stands for the value itself. `input` is the value that was parsed: from it comes what was given instead.
 */
export function describeIssues(error: z.ZodError, input?: unknown): string[] {
  return error.issues.flatMap((issue) => describe(issue, issue.path, input))
}

function describe(issue: Issue, path: Path, input: unknown): string[] {
  const say = (what: string): string[] => [`${showPath(path)}: ${what}`]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.flatMap((key) => say(`Additional property ${key} is not allowed`))
    case 'invalid_type':
      return isMissing(path, input)
        ? [`${showPath(path.slice(0, -1))}: ${lastOf(path)} is required`]
        : say(`Invalid type. Expected: ${typeName(issue.expected)}, given: ${given(path, input)}`)
    case 'too_small':
      return say(tooSmall(issue.origin, Number(issue.minimum)))
    case 'too_big':
      return say(tooBig(issue.origin, Number(issue.maximum)))
    case 'invalid_format':
      return say(
        issue.format === 'regex'
          ? `Does not match pattern '${(issue.pattern ?? '').replace(/^\/(.*)\/[a-z]*$/su, '$1')}'`
          : `Does not match format '${issue.format === 'url' ? 'uri' : issue.format}'`,
      )
    case 'invalid_value':
      if (isMissing(path, input)) {
        return [`${showPath(path.slice(0, -1))}: ${lastOf(path)} is required`]
      }
      return say(
        `${lastOf(path)} must be one of the following: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`,
      )
    case 'invalid_union':
      return isMissing(path, input)
        ? [`${showPath(path.slice(0, -1))}: ${lastOf(path)} is required`]
        : say('Must validate one and only one schema (oneOf)')
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of':
      return say(issue.message)
  }
}

function tooSmall(origin: string, minimum: number): string {
  if (origin === 'string') return `String length must be greater than or equal to ${minimum}`
  if (origin === 'array') return `Array must have at least ${minimum} items`
  if (origin === 'object' || origin === 'record') {
    return `Must have at least ${minimum} properties`
  }
  return `Must be greater than or equal to ${minimum}`
}

function tooBig(origin: string, maximum: number): string {
  if (origin === 'string') return `String length must be less than or equal to ${maximum}`
  if (origin === 'array') return `Array must have at most ${maximum} items`
  return `Must be less than or equal to ${maximum}`
}

/** True when the parent is there and lacks the key; also when nobody told what was parsed. */
function isMissing(path: Path, input: unknown): boolean {
  if (path.length === 0) return false
  const parent = valueAt(path.slice(0, -1), input)
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return false
  return valueAt(path, input) === undefined
}

function valueAt(path: Path, input: unknown): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    return Reflect.get(value, key)
  }, input)
}

function given(path: Path, input: unknown): string {
  const value = valueAt(path, input)
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'bigint') return 'integer'
  return typeof value
}

function typeName(expected: string): string {
  if (expected === 'int') return 'integer'
  return expected === 'record' ? 'object' : expected
}

function showPath(path: Path): string {
  return path.length === 0 ? '(root)' : path.map(String).join('.')
}

function lastOf(path: Path): string {
  return path.length === 0 ? '(root)' : String(path.at(-1))
}
