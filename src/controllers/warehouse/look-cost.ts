import type { RequestBudget, RequestMeter } from '../../core/meter.ts'

/** What the looks at one subscription cost, in memory only. */
export interface LookCost extends RequestMeter {
  /** Requests of the last look, or of the one under way, by host. */
  readonly lastLook: ReadonlyMap<string, number>
  /** Requests of every look since this was made. */
  readonly total: number
  /** What hosts last said is left, by host. */
  readonly budgets: ReadonlyMap<string, RequestBudget>
  /** A look begins: its requests are counted from 0. */
  begin(): void
}

/** A look that is sent from host to host is counted at these; further ones in the total only. */
const maxHosts = 16

export function createLookCost(): LookCost {
  const lastLook = new Map<string, number>()
  const budgets = new Map<string, RequestBudget>()
  let total = 0
  return {
    lastLook,
    budgets,
    get total() {
      return total
    },
    begin: () => lastLook.clear(),
    used(host) {
      total += 1
      if (lastLook.has(host) || lastLook.size < maxHosts)
        lastLook.set(host, (lastLook.get(host) ?? 0) + 1)
    },
    budget(host, budget) {
      if (budgets.has(host) || budgets.size < maxHosts) budgets.set(host, budget)
    },
  }
}
