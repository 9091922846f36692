import { adminActor } from '../core/actor.ts'
import type { Clock } from '../core/clock.ts'
import type { Journal } from '../journal.ts'

const sessionSubject = 'Session/'
const pageSize = 1000

/**
 * Sessions that were ended before their time, so that a restart forgets none: the journal has them, and is read once,
 * when somebody asks. `lifeMs`: how long a session lasts that nobody ends.
 */
export function endedSessions(
  journal: Pick<Journal, 'append' | 'range'>,
  clock: Clock,
  lifeMs: number,
): { has(id: string): Promise<boolean>; add(id: string): Promise<void> } {
  /** With the time at which each would have ended by itself. */
  let known: Promise<Map<string, number>> | undefined

  const read = async (): Promise<Map<string, number>> => {
    const found = new Map<string, number>()
    const from = clock.now() - lifeMs
    for (let after = 0; ;) {
      const { records } = await journal.range({
        kind: 'audit',
        subjectPrefix: sessionSubject,
        from,
        after,
        limit: pageSize,
      })
      for (const { subject, time, seq } of records) {
        found.set(subject.slice(sessionSubject.length), time + lifeMs)
        after = seq
      }
      if (records.length < pageSize) return found
    }
  }
  const all = (): Promise<Map<string, number>> => {
    known ??= read().catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }

  return {
    has: async (id) => (await all()).has(id),
    async add(id) {
      const time = clock.now()
      const payload = { actor: adminActor.id, operation: 'LOGOUT' }
      await journal.append([{ time, kind: 'audit', subject: `${sessionSubject}${id}`, payload }])
      const sessions = await all()
      for (const [old, endsAt] of sessions) if (endsAt <= time) sessions.delete(old)
      sessions.set(id, time + lifeMs)
    },
  }
}
