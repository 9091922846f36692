import type { Clock } from '../../core/clock.ts'
import { untilAborted } from '../../lib/until-aborted.ts'
import { type Aside, createSlots } from '../../runtime/slots.ts'

/** Where a look goes, and for whom. */
export interface Turn {
  readonly project: string
  readonly kind: string
  readonly host: string
  /** Normalised address. */
  readonly remote: string
  /** Whether looks at one remote share their work by themselves, so that they may go on at the same time. */
  readonly isShared: boolean
}

/**
 * Who may look at a remote when. A host serves so many looks at a time and a Project has at most half of them, so that
 * neither a slow host nor a Project with much to look at delays anybody else; Projects take turns.
 */
export interface Turns {
  /**
   * @param work - is handed a way to wait for a limit of the host: then it counts only against its own Project and
   *   remote, and whoever has another budget at that host goes on.
   */
  run<T>(turn: Turn, signal: AbortSignal, work: (aside: Aside) => Promise<T>): Promise<T>
}

export interface TurnsOptions {
  readonly clock: Clock
  readonly maxDiscoveries: number
  readonly maxPerHost: number
}

/**
 * Looks at one remote that share one slot, because they share what is done there. Each Project among them asks for a
 * slot of its own, so that none waits for what another one has in its queue; the first slot serves them all.
 */
interface Party {
  members: number
  /** Resolves when there is a slot. */
  readonly begun: Promise<void>
  /** For one of the members. The slot is given back meanwhile when there is no other one. */
  readonly aside: Aside
  ask(turn: Turn): void
  end(): void
}

export function createTurns({ clock, maxDiscoveries, maxPerHost }: TurnsOptions): Turns {
  const half = (limit: number): number => Math.ceil(limit / 2)
  const limits: Readonly<Record<string, number>> = {
    all: maxDiscoveries,
    project: half(maxDiscoveries),
    host: maxPerHost,
    share: half(maxPerHost),
    remote: 1,
  }
  const slots = createSlots({ clock, limit: (key) => limits[key.split(' ', 1)[0] ?? ''] ?? 1 })
  const parties = new Map<string, Party>()

  const keysOf = ({ project, host }: Turn): string[] => [
    'all',
    `project ${project}`,
    `host ${host}`,
    `share ${project} ${host}`,
  ]

  const openParty = (key: string): Party => {
    const begun = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    // Whoever waits has a signal of its own; these end the requests for slots, by Project.
    const asked = new Map<string, AbortController>()
    let isBegun = false
    let giveBack: Aside = (wait) => wait()
    const inSlot = (own: AbortController, aside: Aside): Promise<void> => {
      if (isBegun) return Promise.resolve()
      isBegun = true
      giveBack = aside
      begun.resolve()
      // The others' requests are not needed any more.
      for (const leave of asked.values()) if (leave !== own) leave.abort()
      return over.promise
    }
    begun.promise.catch(() => undefined)
    const party: Party = {
      members: 0,
      begun: begun.promise,
      aside: (wait) => (party.members > 1 ? wait() : giveBack(wait)),
      ask(turn) {
        if (isBegun || asked.has(turn.project)) return
        const leave = new AbortController()
        asked.set(turn.project, leave)
        const work = (aside: Aside): Promise<void> => inSlot(leave, aside)
        slots
          .run(keysOf(turn), leave.signal, work, { group: turn.project, isLent })
          .catch(begun.reject)
      },
      end() {
        parties.delete(key)
        for (const leave of asked.values()) leave.abort()
        over.resolve()
      },
    }
    parties.set(key, party)
    return party
  }

  return {
    async run(turn, signal, work) {
      const { kind, remote } = turn
      if (!turn.isShared) {
        // One at a time: the second then finds in the caches what the first one read.
        const keys = [...keysOf(turn), `remote ${kind} ${remote}`]
        return slots.run(keys, signal, work, { group: turn.project, isLent })
      }
      const key = JSON.stringify([kind, remote])
      const party = parties.get(key) ?? openParty(key)
      party.members += 1
      party.ask(turn)
      try {
        await untilAborted(party.begun, signal)
        return await work((wait) => untilAborted(party.aside(wait), signal))
      } finally {
        party.members -= 1
        if (party.members === 0) party.end()
      }
    },
  }
}

/** What others wait for. A Project's share of a host stays taken, so that its waiting looks are few. */
function isLent(key: string): boolean {
  return !key.startsWith('share ') && !key.startsWith('remote ')
}
