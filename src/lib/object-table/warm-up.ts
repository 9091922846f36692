import type { Tables } from './tables.ts'

const stepEntries = 50
const pauseMs = 5

export interface WarmUp {
  /** Resolves with the reason when a stored object turns out to be unreadable. Never resolves otherwise. */
  readonly damaged: Promise<Error>
  stop(): void
}

/**
 * Reads loaded objects into their indexes bit by bit, so that the first question to an index need not. Whatever the
 * caches read meanwhile on their own is done already when its turn comes.
 */
export function warmUp(tables: Tables): WarmUp {
  const damaged = Promise.withResolvers<Error>()
  const waiting = [...tables.all()]
  let timer: NodeJS.Timeout
  const step = (): void => {
    try {
      if (waiting[0]?.catchUp(stepEntries) === false) waiting.shift()
    } catch (thrown) {
      damaged.resolve(thrown instanceof Error ? thrown : new Error(String(thrown)))
      return
    }
    if (waiting.length > 0) schedule()
  }
  const schedule = (): void => {
    timer = setTimeout(step, pauseMs)
    timer.unref()
  }
  schedule()
  return { damaged: damaged.promise, stop: () => clearTimeout(timer) }
}
