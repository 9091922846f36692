import type { z } from 'zod'
import { didYouMean } from '../nearest.ts'
import { formatPath } from './prune.ts'

/** What is wrong with a value, field by field: where, and a sentence. */
export interface FieldIssue {
  /** As in `spec.steps[2].config`; empty for the value itself. */
  readonly path: string
  readonly message: string
}

/** The schema's issues in our words: what was expected, what was found, and what was perhaps meant. */
export function describeFieldIssues(
  { issues }: { readonly issues: readonly z.core.$ZodIssue[] },
  value: unknown,
  start = '',
): FieldIssue[] {
  return issues.map((issue) => ({
    path: formatPath(issue.path, start),
    message: describe(issue, valueAt(value, issue.path)),
  }))
}

function describe(issue: z.core.$ZodIssue, found: unknown): string {
  // Codes that our schemas cannot raise keep zod's own words.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (issue.code) {
    case 'invalid_type':
      return found === undefined
        ? 'the field is required'
        : `expected ${typeNames[issue.expected] ?? issue.expected}, found ${foundName(found)}`
    case 'invalid_value': {
      if (found === undefined) return 'the field is required'
      const values = issue.values.map((known) => JSON.stringify(known)).join(', ')
      const near = typeof found === 'string' ? didYouMean(found, issue.values.map(String)) : ''
      return `expected ${issue.values.length === 1 ? values : `one of ${values}`}, found ${foundName(found)}${near}`
    }
    case 'too_small':
      return issue.origin === 'array'
        ? `at least ${issue.minimum} ${issue.minimum === 1 ? 'entry is' : 'entries are'} required`
        : issue.origin === 'string'
          ? 'must not be empty'
          : `must be at least ${issue.minimum}, found ${foundName(found)}`
    case 'too_big':
      return issue.origin === 'array'
        ? `at most ${issue.maximum} entries are allowed`
        : issue.origin === 'string'
          ? `must be at most ${issue.maximum} characters long`
          : `must be at most ${issue.maximum}, found ${foundName(found)}`
    case 'invalid_format':
      return `${foundName(found)} does not match ${issue.pattern ?? issue.format}`
    case 'invalid_union':
      return `${foundName(found)} is of no type that is allowed here`
    case 'unrecognized_keys':
      return `unknown ${issue.keys.length === 1 ? 'field' : 'fields'} ${issue.keys.map((key) => `"${key}"`).join(', ')}`
    case 'custom':
      return typeof issue.params?.['rule'] === 'string' ? issue.params['rule'] : issue.message
    default:
      return issue.message
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

function foundName(found: unknown): string {
  if (found === null) return 'nothing'
  if (Array.isArray(found)) return 'a list'
  if (typeof found === 'object') return 'an object'
  if (typeof found === 'boolean' || typeof found === 'number') return `the ${typeof found} ${found}`
  if (typeof found !== 'string') return typeof found
  return JSON.stringify(found.length > 60 ? `${found.slice(0, 60)}...` : found)
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = Object.getOwnPropertyDescriptor(at, key)?.value
  }
  return at
}
