import type { KubeObject } from '../core/kinds/kind.ts'
import type { LabelSelector } from '../store.ts'

/** Whether an object's labels satisfy a Kubernetes label selector. No selector, or an empty one, matches everything. */
export function matchesLabels(object: KubeObject, selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return true
  const labels = object.metadata.labels ?? {}
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    if (labels[key] !== value) return false
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) =>
    operators[operator](labels[key], values ?? []),
  )
}

type Operator = NonNullable<LabelSelector['matchExpressions']>[number]['operator']

const operators: Record<
  Operator,
  (value: string | undefined, values: readonly string[]) => boolean
> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
}
