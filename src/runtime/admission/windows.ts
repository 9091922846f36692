import { GantryError } from '../../core/errors.ts'
import type { PromotionWindow } from '../../core/kinds/shared.ts'
import { matchesSelector, type SelectorView } from '../../core/policy/stage-policy.ts'
import type { Write } from './parts.ts'
import { invalid } from './refuse.ts'

/** Names of windows are unique; their selectors must be readable. */
export function checkWindows(
  { object, warn, doubt }: Pick<Write, 'object' | 'warn' | 'doubt'>,
  windows: readonly PromotionWindow[] | undefined,
): void {
  const seen = new Set<string>()
  for (const [index, window] of (windows ?? []).entries()) {
    const field = `spec.promotionWindows[${index}]`
    if (seen.has(window.name))
      throw invalid(object, `${field}.name`, `"${window.name}" is there twice`)
    seen.add(window.name)
    for (const key of ['stageSelector', 'projectSelector'] as const) {
      const problem = selectorProblem(window[key])
      if (problem !== undefined) doubt(`${field}.${key}.name`, problem)
    }
    if (window.disabled === true) continue
    warn(
      `promotion window "${window.name}" is kept but not supported yet: nothing is promoted to the stages that it selects`,
    )
  }
}

/** Why the name of a selector cannot be read; undefined when it can. */
export function selectorProblem(selector: SelectorView | undefined): string | undefined {
  try {
    matchesSelector({ metadata: { name: 'x' } }, { name: selector?.name })
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof GantryError)) throw thrown
    return thrown.message
  }
}
