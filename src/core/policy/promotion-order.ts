import type { PromotionStatusView, PromotionView } from './views.ts'

const terminalPhases: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted'])

/** Whether the Promotion has ended: nothing moves it any more. A new one has no phase. */
export function isTerminal(promotion: PromotionView): boolean {
  return terminalPhases.has(promotion.status?.phase ?? '')
}

/**
 * Whether the Promotion ever got to run. One that was aborted or refused while it waited changed nothing in the world.
 */
export function hasStarted(status: PromotionStatusView | undefined): boolean {
  return status?.startedAt !== undefined || status?.freightCollection !== undefined
}

function rank(promotion: PromotionView): number {
  if (promotion.status?.phase === 'Running') return 0
  return isTerminal(promotion) ? 2 : 1
}

function compareNames(a: PromotionView, b: PromotionView): number {
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** Running first, then what waits, oldest first, then what has ended, newest first. Names are in order of creation. */
export function orderPromotions<P extends PromotionView>(promotions: readonly P[]): readonly P[] {
  return [...promotions].sort((a, b) => {
    const difference = rank(a) - rank(b)
    if (difference !== 0) return difference
    return rank(a) === 2 ? compareNames(b, a) : compareNames(a, b)
  })
}
