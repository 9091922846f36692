import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playRound } from './promotion-rounds.ts'

/** A round takes five to ten seconds. CI plays 60; `npm run bench -- promotion-crash` plays hundreds. */
const rounds = Number(
  process.env['GANTRY_CRASH_ROUNDS'] ?? (process.env['GANTRY_LONG'] === '1' ? 60 : 6),
)
const firstSeed = Number(process.env['GANTRY_SEED'] ?? '1')

test(`in ${rounds} rounds of kill -9, also between a push and its record, n promotions are n commits`, async (t) => {
  let kills = 0
  let afterPush = 0
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const result = await playRound({ seed })
    kills += result.kills
    afterPush += result.afterPush
    t.diagnostic(`seed ${seed}: ${JSON.stringify(result)}`)
  }
  assert.ok(kills >= rounds, `${kills} kills`)
  assert.ok(afterPush > 0)
})
