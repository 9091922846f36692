// Filtering and sorting 10,000 tags by a constraint, against npm's semver doing its own in the same run.
import semver from 'semver'
import { filterAndSort, parseConstraint } from '../src/core/semver/index.ts'

const rounds = 15
const tags = Array.from({ length: 10_000 }, (_, index) => {
  const core = `${index % 4}.${(index * 7) % 50}.${(index * 13) % 200}`
  const prefix = index % 5 === 0 ? 'v' : ''
  const suffix = index % 3 === 0 ? `-rc.${index % 9}` : index % 11 === 0 ? '+build' : ''
  return index % 20 === 0 ? `sha-${index.toString(16)}` : prefix + core + suffix
})

function ours(): number {
  return filterAndSort(tags, parseConstraint('>=1.0.0 <3.0.0'), { strict: true }).length
}

function npms(): number {
  const range = new semver.Range('>=1.0.0 <3.0.0')
  return semver.rsort(tags.filter((tag) => range.test(tag))).length
}

/** Milliseconds; the median of the rounds, the two sides taking turns. */
function medians(...sides: readonly (() => number)[]): number[] {
  const times = sides.map((): number[] => [])
  for (let round = 0; round < rounds + 3; round += 1) {
    for (const [index, side] of sides.entries()) {
      const before = performance.now()
      side()
      if (round >= 3) times[index]?.push(performance.now() - before)
    }
  }
  return times.map((list) => list.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0)
}

const [gantryMs = 0, npmMs = 0] = medians(ours, npms)
const ratio = gantryMs / npmMs
console.log(
  JSON.stringify({
    name: 'semver',
    tags: tags.length,
    kept: { gantry: ours(), npm: npms() },
    gantryMs: Number(gantryMs.toFixed(2)),
    npmMs: Number(npmMs.toFixed(2)),
    ratio: Number(ratio.toFixed(3)),
    limit: 3,
    ok: ratio <= 3,
  }),
)
process.exitCode = ratio <= 3 ? 0 : 1
