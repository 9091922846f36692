/**
 * What a promise comes to, or a rejection with the signal's reason when that aborts first. The work itself goes on: others
 * may wait for it too. `reason` replaces the signal's own.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  reason?: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reason === undefined ? signal.reason : reason())
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
