import { isIP } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import { LruMap } from '../lib/lru-map.ts'
import { groupsOf, unwrapped } from '../lib/networks.ts'

/**
 * How often a password may be guessed: so often by one address, so that nobody locks others out, and so often by all
 * together, so that many addresses are no way around it. An address that the password came from before is not stopped
 * by what all others do.
 */
export interface LoginLimit {
  /**
   * Counts a try as a failure, before anything slow is done, so that many at a time are no way around it either; the
   * answer takes it back for a right password. Throws RateLimited.
   */
  enter(address: string): () => void
}

const maxFailures = 10
/** Beside those of addresses that are known. */
const maxFailuresOfAll = 300
const failureWindowMs = 60_000
/** Only who knows the password gets in here, so nobody else can push an address out. */
const maxKnown = 1000

export function createLoginLimit(clock: Pick<Clock, 'monotonic'>): LoginLimit {
  let failures: readonly Failure[] = []
  const known = new LruMap<true>(maxKnown)

  return {
    enter(address) {
      const now = clock.monotonic()
      const group = addressGroup(address)
      const isOver = ({ at }: Failure): boolean => at <= now - failureWindowMs
      if (failures[0] && isOver(failures[0])) failures = failures.filter((each) => !isOver(each))
      const own = failures.filter((each) => each.group === group)
      const isStopped = failures.length >= maxFailuresOfAll && known.get(group) === undefined
      const [oldest] = own.length >= maxFailures ? own : isStopped ? failures : []
      if (oldest !== undefined) {
        throw new GantryError('RateLimited', 'too many failed logins; try again in a minute', {
          retryAfterMs: oldest.at + failureWindowMs - now,
        })
      }
      const failure: Failure = { group, at: now }
      failures = [...failures, failure]
      return () => {
        failures = failures.filter((each) => each !== failure)
        known.set(group, true)
      }
    },
  }
}

interface Failure {
  readonly group: string
  readonly at: number
}

/** What counts as one address: of IPv6 the /64, of which everybody has all. */
export function addressGroup(address: string): string {
  const plain = unwrapped(address)
  if (isIP(plain) !== 6) return plain
  return groupsOf(plain)
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}
