import type { Clock } from '../core/clock.ts'

/** The longest delay that setTimeout takes; longer ones are walked in legs. */
const maxDelayMs = 2 ** 31 - 1

/** The machine's own time: what `serve.ts` and the commands hand to everything else. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fire) {
    const due = performance.now() + Math.max(0, Number.isNaN(delayMs) ? 0 : delayMs)
    let timer: NodeJS.Timeout
    const arm = (): void => {
      const left = due - performance.now()
      const leg = Math.min(Math.max(0, left), maxDelayMs)
      timer = setTimeout(() => (left > maxDelayMs ? arm() : fire()), leg)
      timer.unref()
    }
    arm()
    return () => clearTimeout(timer)
  },
}
