import type { Clock } from '../core/clock.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import type { PromotionStatus } from '../core/kinds/promotion.ts'
import { isTerminal } from '../core/kinds/promotion.ts'
import type { PromotionRecords, VersionedStatus } from './promotion.ts'
import { readFence } from './step-record.ts'
import type { FenceRecord } from './step-record.ts'

/**
 * The right to act for one Promotion, and the only way to write its record. It is a lease in the record itself, taken
 * and renewed by compare-and-swap, so two holders can never both write.
 */
export interface Fence {
  /** What is recorded, with what was noted since. To be changed in place, then recorded. */
  readonly draft: PromotionStatus
  readonly epoch: number
  /** The epoch that this one replaced; 0 for the first. When it was ours, nobody acted in between. */
  readonly previousEpoch: number
  /** Writes the draft and renews the lease. Throws Conflict when the fence is lost: then nothing was written. */
  record(): Promise<void>
  /** Before an irreversible act. Throws Conflict when the fence is lost or too little is left of the lease. */
  renew(): Promise<void>
  /** Writes the draft one last time and gives the fence back. */
  release(): Promise<void>
  /** Aborts when the fence is lost. */
  readonly lost: AbortSignal
}

export interface FenceOptions {
  readonly clock: Clock
  /** Names this process, and no other that ever was. */
  readonly holder: string
  /** How long a holder may be silent; default 30 s. */
  readonly leaseMs?: number | undefined
  /**
   * True for holders that are known to be dead. A data folder has one owner, so in standalone that is everyone else.
   * Otherwise a lease is taken over only after it was seen unchanged for its whole length by this process's own clock.
   */
  readonly isDead?: ((holder: string) => boolean) | undefined
}

export type Taken =
  | { readonly fence: Fence }
  /** `retryAt`: epoch milliseconds; absent when the Promotion is gone. */
  | { readonly refused: string; readonly retryAt?: number | undefined }
  /** There is nothing to act for: it has ended. */
  | { readonly ended: PromotionStatus }

const defaultLeaseMs = 30_000
const maxTries = 8

interface Sighting {
  readonly epoch: number
  readonly expiresAt: number
  /** Monotonic. */
  readonly since: number
}

/** Takes fences for one process. Remembers what it saw of other holders, to know when a lease has run out. */
export function createFences(options: FenceOptions): {
  /** `prepare` may change the status that the taking writes. */
  take(
    uid: string,
    records: PromotionRecords,
    prepare?: (draft: PromotionStatus) => void,
  ): Promise<Taken>
  forget(uid: string): void
} {
  const { clock, holder, isDead = () => false } = options
  const leaseMs = options.leaseMs ?? defaultLeaseMs
  const sightings = new Map<string, Sighting>()

  /** When the lease of another may be taken over, on the monotonic scale. */
  const freeAt = (uid: string, { epoch, expiresAt }: FenceRecord): number => {
    const seen = sightings.get(uid)
    if (seen !== undefined && seen.epoch === epoch && seen.expiresAt === expiresAt)
      return seen.since + leaseMs
    const since = clock.monotonic()
    sightings.set(uid, { epoch, expiresAt, since })
    return since + leaseMs
  }

  return {
    forget: (uid) => void sightings.delete(uid),
    async take(uid, records, prepare) {
      for (let tries = 1; ; tries++) {
        const live = await records.read()
        if (live === undefined) return { refused: 'the Promotion is gone' }
        if (isTerminal(live.status.phase)) return { ended: live.status }
        const current = readFence(live.status)
        if (current !== undefined && current.holder !== '' && current.holder !== holder) {
          const waitMs = isDead(current.holder) ? 0 : freeAt(uid, current) - clock.monotonic()
          if (waitMs > 0)
            return {
              refused: `${current.holder} acts for this Promotion`,
              retryAt: clock.now() + waitMs,
            }
        }
        try {
          const fence = await hold(live, current, records, { clock, holder, leaseMs, prepare })
          sightings.delete(uid)
          return { fence }
        } catch (thrown) {
          if (hasCode(thrown, 'NotFound')) return { refused: 'the Promotion is gone' }
          if (!hasCode(thrown, 'Conflict') || tries >= maxTries) throw thrown
        }
      }
    },
  }
}

interface HoldOptions {
  readonly clock: Clock
  readonly holder: string
  readonly leaseMs: number
  readonly prepare: ((draft: PromotionStatus) => void) | undefined
}

async function hold(
  live: VersionedStatus,
  before: FenceRecord | undefined,
  records: PromotionRecords,
  { clock, holder, leaseMs, prepare }: HoldOptions,
): Promise<Fence> {
  const previousEpoch = before?.epoch ?? 0
  const epoch = previousEpoch + 1
  const draft: PromotionStatus = structuredClone(live.status)
  const losing = new AbortController()
  let version = live.version
  let leaseUntil = 0
  let leasedAt = 0
  let isReleased = false
  let queue: Promise<unknown> = Promise.resolve()

  const lose = (why: string): GantryError => {
    const error = new GantryError('Conflict', why)
    losing.abort(error)
    return error
  }

  /** One try to write; the lease counts from before it was sent. */
  const write = async (as: string): Promise<void> => {
    const sentAt = clock.monotonic()
    const sentNow = clock.now()
    const fence = { holder: as, epoch, expiresAt: as === '' ? 0 : sentNow + leaseMs }
    draft.gantry = { ...draft.gantry, fence }
    const written = await records.write(structuredClone(draft), version)
    version = written.version
    leaseUntil = sentAt + leaseMs
    leasedAt = sentNow
  }

  /** Somebody else wrote: fine as long as they left the fence alone (an annotation, a handled refresh). */
  const catchUp = async (): Promise<void> => {
    const now = await records.read()
    if (now === undefined) throw lose('the Promotion is gone')
    const fence = readFence(now.status)
    if (fence?.holder !== holder || fence.epoch !== epoch)
      throw lose(`the fence of epoch ${epoch} was taken over`)
    draft.lastHandledRefresh = now.status.lastHandledRefresh
    version = now.version
  }

  const writeFenced = async (as: string): Promise<void> => {
    if (losing.signal.aborted) throw losing.signal.reason
    if (isReleased) throw new GantryError('Conflict', 'the fence was given back')
    for (let tries = 1; ; tries++) {
      try {
        await write(as)
        isReleased = as === ''
        return
      } catch (thrown) {
        if (hasCode(thrown, 'NotFound')) throw lose('the Promotion is gone')
        if (!hasCode(thrown, 'Conflict') || tries >= maxTries) throw thrown
      }
      await catchUp()
    }
  }

  /** Writes go one after the other: heartbeats, notes of steps and results meet here. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = queue.then(work)
    queue = turn.catch(() => undefined)
    return turn
  }

  prepare?.(draft)
  await write(holder)
  return {
    draft,
    epoch,
    previousEpoch,
    lost: losing.signal,
    record: () => inTurn(() => writeFenced(holder)),
    async renew() {
      if (losing.signal.aborted) throw losing.signal.reason
      // A lease renewed moments ago need not be written again. Of a machine's sleep only the wall clock tells.
      const isOld = leaseUntil - clock.monotonic() < 0.75 * leaseMs
      if (isOld || Math.abs(clock.now() - leasedAt) > leaseMs / 4)
        await inTurn(() => writeFenced(holder))
      if (leaseUntil - clock.monotonic() < leaseMs / 2)
        throw new GantryError(
          'Conflict',
          'too little is left of the lease to act safely: the store answers too slowly',
        )
    },
    release: () => inTurn(() => writeFenced('')),
  }
}
