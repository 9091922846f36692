import type { DeepLink } from '../../core/kinds/shared.ts'
import { expressionProblems, places } from './expressions.ts'
import type { Write } from './parts.ts'

/** Conditions of links can be read. A link whose condition cannot be evaluated is not shown. */
export function checkLinks(
  { doubt }: Pick<Write, 'doubt'>,
  spec:
    | {
        readonly freightLinks?: readonly DeepLink[] | undefined
        readonly stageLinks?: readonly DeepLink[] | undefined
      }
    | undefined,
): void {
  const lists = [
    ['freightLinks', places.freightLink],
    ['stageLinks', places.stageLink],
  ] as const
  for (const [key, names] of lists) {
    for (const [index, link] of (spec?.[key] ?? []).entries()) {
      const problems = expressionProblems(link.if, `spec.${key}[${index}].if`, names)
      for (const { field, why } of problems) doubt(field, why)
    }
  }
}
