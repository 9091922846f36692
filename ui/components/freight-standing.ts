import type { Availability } from '../../src/core/policy/availability.ts'
import type { Tone } from '../kit/mark.tsx'

/** Why Freight is not available to a Stage, in a few words. The server's sentences say more. */
export function waitingWords(availability: Extract<Availability, { readonly available: false }>): {
  readonly tone: Tone
  readonly words: string
} {
  switch (availability.because) {
    case 'NotRequested':
      return { tone: 'none', words: 'not requested' }
    case 'NoSources':
      return { tone: 'none', words: 'needs approval' }
    case 'BadSoakTime':
      return { tone: 'bad', words: 'bad soak time' }
    case 'Upstream':
      return upstreamWords(availability)
  }
}

function upstreamWords({
  request,
  upstreams,
}: Extract<Availability, { readonly because: 'NoSources' | 'BadSoakTime' | 'Upstream' }>): {
  readonly tone: Tone
  readonly words: string
} {
  const isAll = request.sources.availabilityStrategy === 'All'
  const missing = upstreams.filter(({ state }) => state === 'unverified')
  const interrupted = upstreams.filter(({ state }) => state === 'interrupted')
  // What any one of them lets pass waits for the nearest; what all must let pass, for the farthest.
  const isVerified = isAll ? missing.length === 0 : missing.length < upstreams.length
  if (!isVerified) return { tone: 'none', words: `needs ${listed(missing, isAll ? 'and' : 'or')}` }
  if (upstreams.some(({ state }) => state === 'soaking') && !(isAll && interrupted.length > 0))
    return { tone: 'waiting', words: 'soaking' }
  return { tone: 'waiting', words: `left ${listed(interrupted, 'and')} too early` }
}

const maxListed = 2

function listed(stages: readonly { readonly stage: string }[], word: 'and' | 'or'): string {
  const names = stages.map(({ stage }) => stage)
  return names.length > maxListed
    ? `${word === 'and' ? '' : 'one of '}${names.length} stages`
    : names.join(` ${word} `)
}
