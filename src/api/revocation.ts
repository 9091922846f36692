import { type Clock, sleep } from '../core/clock.ts'

/** How long a stream may outlive the rights of whoever reads it. */
const lookEveryMs = 2000

/** Aborts `leaving` soon after `check` begins to throw: a stream ends when the rights of its reader do. */
export async function endWhenRefused(
  clock: Clock,
  leaving: AbortController,
  signal: AbortSignal,
  check: () => Promise<void>,
): Promise<void> {
  try {
    for (;;) {
      await sleep(clock, lookEveryMs, signal)
      await check()
    }
  } catch {
    leaving.abort()
  }
}
