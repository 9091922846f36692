import type { KubeObject } from '../../core/kinds/kind.ts'
import type { PromotionWindow } from '../../core/kinds/shared.ts'
import { invalid } from './refuse.ts'

/** Names of windows are unique; their selectors must be readable. */
export function checkWindows(
  object: KubeObject,
  windows: readonly PromotionWindow[] | undefined,
  warn: (warning: string) => void,
): void {
  const seen = new Set<string>()
  for (const [index, window] of (windows ?? []).entries()) {
    if (seen.has(window.name)) {
      throw invalid(
        object,
        `spec.promotionWindows[${index}].name`,
        `"${window.name}" is there twice`,
      )
    }
    seen.add(window.name)
    warn(
      `promotion window "${window.name}" is kept but not supported yet: nothing is promoted to the stages that it selects`,
    )
  }
}
