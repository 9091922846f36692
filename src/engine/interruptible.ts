import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'

/** How a piece of work ended. `cut`: the signal that ended it, when one did. */
export type Ended<T> =
  | { readonly value: T; readonly cut: AbortSignal | undefined }
  | { readonly error: unknown; readonly cut: AbortSignal | undefined }

/**
 * Runs work under several signals and a deadline of its own. Work that does not heed its signal is abandoned after
 * `graceMs`: its promise is left alone and whatever it still does counts for nothing.
 */
export async function interruptible<T>(
  clock: Clock,
  signals: readonly AbortSignal[],
  graceMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Ended<T>> {
  const combined = AbortSignal.any([...signals])
  const abandoned = Promise.withResolvers<never>()
  abandoned.promise.catch(() => undefined)
  let cancelGrace: (() => void) | undefined
  const onAbort = (): void => {
    cancelGrace = clock.after(graceMs, () =>
      abandoned.reject(
        new GantryError('Timeout', `did not stop within ${graceMs} ms when told to`),
      ),
    )
  }
  const cutBy = (): AbortSignal | undefined => signals.find((signal) => signal.aborted)
  if (combined.aborted) return { error: combined.reason, cut: cutBy() }
  combined.addEventListener('abort', onAbort, { once: true })
  try {
    // Started in a microtask of its own, so that a synchronous throw is an error like any other.
    const running = Promise.resolve().then(() => work(combined))
    return { value: await Promise.race([running, abandoned.promise]), cut: cutBy() }
  } catch (error) {
    return { error, cut: cutBy() }
  } finally {
    combined.removeEventListener('abort', onAbort)
    cancelGrace?.()
  }
}

/** A signal that aborts with Timeout at a moment of the wall clock, and how to disarm it. */
export function deadlineSignal(
  clock: Clock,
  at: number | undefined,
): { readonly signal: AbortSignal; disarm(): void } {
  const controller = new AbortController()
  if (at === undefined) return { signal: controller.signal, disarm: () => undefined }
  const disarm = clock.after(Math.max(0, at - clock.now()), () =>
    controller.abort(new GantryError('Timeout', 'the time for the step was up')),
  )
  return { signal: controller.signal, disarm }
}
