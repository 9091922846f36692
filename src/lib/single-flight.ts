import { hasCode } from '../core/errors.ts'
import { untilAborted } from './until-aborted.ts'

export interface FlightRequest {
  readonly key: string
  /** Monotonic: an answer that was asked for earlier than this will not do. Absent: any will. */
  readonly since?: number | undefined
  readonly signal: AbortSignal
}

/** Work that is under way once for each key: who asks meanwhile gets the same answer, if it is young enough. */
export interface SingleFlight<T> {
  run(request: FlightRequest, work: () => Promise<T>): Promise<T>
}

interface Flight<T> {
  readonly startedAt: number
  readonly answer: Promise<T>
}

export function createSingleFlight<T>(monotonic: () => number): SingleFlight<T> {
  const underWay = new Map<string, Flight<T>>()

  return {
    async run({ key, since, signal }, work) {
      for (let other = underWay.get(key); other !== undefined; other = underWay.get(key)) {
        const isYoungEnough = since === undefined || other.startedAt >= since
        try {
          const answer = await untilAborted(other.answer, signal)
          if (isYoungEnough) return answer
        } catch (thrown) {
          if (signal.aborted) throw thrown
          // Who began it was cut off, or it was not for us anyway; that is not our end.
          if (isYoungEnough && !isCutOff(thrown)) throw thrown
        }
        // The one whose flight it was takes it off the list in the same turn of the loop.
        if (underWay.get(key) === other) underWay.delete(key)
      }
      const mine: Flight<T> = { startedAt: monotonic(), answer: work() }
      underWay.set(key, mine)
      try {
        return await mine.answer
      } finally {
        if (underWay.get(key) === mine) underWay.delete(key)
      }
    },
  }
}

function isCutOff(thrown: unknown): boolean {
  return hasCode(thrown, 'Canceled') || (thrown instanceof Error && thrown.name === 'AbortError')
}
