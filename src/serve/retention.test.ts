import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRetention } from './retention.ts'

const hour = 3_600_000

test('twenty Promotions and pieces of Freight are kept, and all for two weeks, where nothing else is said', () => {
  const rules = { maxRetained: 20, minAgeMs: 336 * hour }
  assert.deepEqual(readRetention({}), { promotions: rules, freight: rules })
  assert.deepEqual(readRetention({ MIN_FREIGHT_DELETION_AGE: '' }).freight, rules)
})

test('an age counts in whatever unit it is given', () => {
  const { promotions, freight } = readRetention({
    MAX_RETAINED_PROMOTIONS: '5',
    MIN_PROMOTION_DELETION_AGE: '90m',
    MIN_FREIGHT_DELETION_AGE: '1h30m',
  })
  assert.deepEqual(promotions, { maxRetained: 5, minAgeMs: 1.5 * hour })
  assert.equal(freight.minAgeMs, 1.5 * hour)
})

test('an age that is none is refused, not passed over', () => {
  for (const name of ['MIN_PROMOTION_DELETION_AGE', 'MIN_FREIGHT_DELETION_AGE'])
    assert.throws(() => readRetention({ [name]: 'two weeks' }), { code: 'BadRequest' })
})
