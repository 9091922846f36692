import { setImmediate } from 'node:timers/promises'

/** How long the main loop is kept at most: nobody notices, and long work still gets nearly all of the time. */
const maxBusyMs = 8

/**
 * For loops over very many objects: await `pause()` in each turn, when it gives something to wait for, and requests,
 * timers and other loops get their turn in between.
 */
export function createBreath(): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < maxBusyMs) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}
