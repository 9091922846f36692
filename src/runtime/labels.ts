import type { KubeObject } from '../core/kinds/kind.ts'
import type { LabelSelector } from '../store.ts'

/** Whether an object's labels satisfy a Kubernetes label selector. No selector, or an empty one, matches everything. */
export function matchesLabels(object: KubeObject, selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return true
  const labels = object.metadata.labels ?? {}
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    if (labels[key] !== value) return false
  return (selector.matchExpressions ?? []).every((expression) =>
    matchesExpression(labels[expression.key], expression),
  )
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number]

function matchesExpression(value: string | undefined, { operator, values }: Expression): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && (values ?? []).includes(value)
    case 'NotIn':
      return value === undefined || !(values ?? []).includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}
