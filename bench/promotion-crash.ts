/**
 * Rounds of kill -9 over real git promotions, in bulk: n Promotions must be n commits, judged from the git server alone.
 * Prints JSON; exits 1 at the first round that is not so, naming its seed.
 */
import { parseArgs } from 'node:util'
import { playRound } from '../test/crash/promotion-rounds.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1000' },
    parallel: { type: 'string', default: '2' },
  },
})
const rounds = Number(values.rounds)
const firstSeed = Number(values.seed)
const total = { kills: 0, afterPush: 0, wipes: 0, commits: 0 }
const failures: { readonly seed: number; readonly error: string }[] = []
const started = performance.now()
let next = firstSeed

async function playAll(): Promise<void> {
  while (next < firstSeed + rounds && failures.length === 0) {
    const seed = next++
    try {
      const result = await playRound({ seed })
      total.kills += result.kills
      total.afterPush += result.afterPush
      total.wipes += result.wipes
      total.commits += result.commits
    } catch (error) {
      failures.push({ seed, error: String(error) })
    }
  }
}

await Promise.all(Array.from({ length: Number(values.parallel) }, playAll))
const result = {
  benchmark: 'promotion-crash',
  ok: failures.length === 0,
  rounds: next - firstSeed,
  ...total,
  seconds: Math.round((performance.now() - started) / 1000),
  failures,
}
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
process.exitCode = result.ok ? 0 : 1
