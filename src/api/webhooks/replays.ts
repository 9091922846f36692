import type { Clock } from '../../core/clock.ts'

/**
 * What was delivered before. A payload is only a hint to look, so a repetition can do no harm but cost; and dropping a
 * delivery that merely looks like an earlier one would cost a push. Hence:
 *
 * - the same body under the same delivery id does nothing for a while (`idWindowMs`); later it acts again, so that
 *   somebody who presses "redeliver" at the sender gets what they want;
 * - the same body under another id or none (two pushes of `latest` are alike at some registries, and ids are not signed)
 *   is looked into once more at the end of a short window (`bodyWindowMs`), however often it comes.
 */
export interface Replays {
  judge(id: string | undefined, body: string): Verdict
  /** It could not be done: the next try is a new one. */
  forget(id: string | undefined, body: string): void
}

export type Verdict =
  | { readonly type: 'new' }
  /** It was seen so long ago. */
  | { readonly type: 'seen'; readonly agoMs: number }
  /** The same, and now it is to be done at the end of the window. */
  | { readonly type: 'later'; readonly agoMs: number; readonly inMs: number }

export interface ReplayOptions {
  readonly clock: Clock
  readonly idWindowMs: number
  readonly bodyWindowMs: number
  /** The oldest are forgotten when there are more. */
  readonly max?: number | undefined
}

export function createReplays(options: ReplayOptions): Replays {
  const { clock, idWindowMs, bodyWindowMs, max = 20_000 } = options
  /** When it was, or will be, looked into: monotonic. */
  const seen = new Map<string, number>()

  const remember = (key: string, at: number): void => {
    // Set anew, a key is the youngest.
    seen.delete(key)
    seen.set(key, at)
    for (const oldest of seen.keys()) {
      if (seen.size <= max) break
      seen.delete(oldest)
    }
  }

  return {
    judge(id, body) {
      const now = clock.monotonic()
      const idKey = id === undefined ? undefined : `id ${id}`
      const bodyKey = `body ${body}`
      const known = idKey === undefined ? undefined : seen.get(idKey)
      if (known !== undefined && now - known < idWindowMs)
        return { type: 'seen', agoMs: now - known }
      const alike = seen.get(bodyKey)
      if (idKey !== undefined) remember(idKey, now)
      if (alike === undefined || now - alike >= bodyWindowMs) {
        remember(bodyKey, now)
        return { type: 'new' }
      }
      // Until the look that was put off, one more changes nothing.
      if (now < alike) return { type: 'seen', agoMs: now - (alike - bodyWindowMs) }
      const agoMs = now - alike
      remember(bodyKey, alike + bodyWindowMs)
      return { type: 'later', agoMs, inMs: bodyWindowMs - agoMs }
    },
    forget(id, body) {
      if (id !== undefined) seen.delete(`id ${id}`)
      seen.delete(`body ${body}`)
    },
  }
}
