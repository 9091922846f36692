import type { z } from 'zod'
import { isTemplate } from '../../core/expr/template.ts'
import { isJsonObject } from '../../core/json.ts'
import { describeFieldIssues } from '../../core/kinds/describe-issue.ts'
import { insteadOf } from '../../core/kinds/former.ts'
import { prune } from '../../core/kinds/prune.ts'
import type { ExpressionProblem } from './expressions.ts'
import type { StepRules } from './parts.ts'

/**
 * What is wrong with a step's config whatever its templates turn out to be: names that the step does not know, and
 * values that are written out. A run checks the rest.
 */
export function configProblems(
  { config: schema, former }: Pick<StepRules, 'config' | 'former'>,
  config: unknown,
  field: string,
): readonly ExpressionProblem[] {
  const known = prune(schema, config ?? {}, field)
  const unknown = known.unknown.map((unknownField) => ({
    field: unknownField.path,
    why: `the step knows no such field${insteadOf(unknownField, former)}`,
  }))
  const result = schema.safeParse(known.value)
  if (result.success) return unknown
  const issues = result.error.issues.filter(isCertain)
  const wrong = describeFieldIssues({ issues }, known.value, field)
  return [...unknown, ...wrong.map(({ path, message }) => ({ field: path, why: message }))]

  function isCertain({ path, code }: z.core.$ZodIssue): boolean {
    let at = known.value
    for (const key of path) {
      // What is missing is missing whatever its neighbours are, unless a rule of the step's own looks at them.
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key))
        return (typeof at === 'object' && code !== 'custom') || !isOpen(at)
      at = Object.getOwnPropertyDescriptor(at, key)?.value
    }
    return !isOpen(at)
  }
}

/** Whether a template is in the value: then only the run knows what it is. */
function isOpen(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value)
  if (Array.isArray(value)) return value.some(isOpen)
  return isJsonObject(value) && Object.values(value).some(isOpen)
}
