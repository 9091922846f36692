import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findRegressions } from './find-regression.ts'

const last = { name: 'f1', generation: 3, artifacts: [5, 5] }
const rank = (_index: number, a: number, b: number): number => a - b

test('an artifact that ranks below the last Freight is a regression of its subscription', () => {
  assert.deepEqual(findRegressions(last, 3, [6, 4], rank), [{ index: 1, last: 5, best: 4 }])
})

test('equal and better artifacts are no regression', () => {
  assert.deepEqual(findRegressions(last, 3, [5, 6], rank), [])
})

test('a Warehouse that was edited since may go backwards', () => {
  assert.deepEqual(findRegressions(last, 4, [1, 1], rank), [])
})

test('without a last Freight, a counterpart or an order there is no regression', () => {
  assert.deepEqual(findRegressions(undefined, 3, [1], rank), [])
  assert.deepEqual(findRegressions(last, 3, [5, 5, 1], rank), [])
  assert.deepEqual(
    findRegressions(last, 3, [1, 1], () => undefined),
    [],
  )
})

test('whatever is found in whatever order, no Freight of one generation goes back in any part', () => {
  const found = fc.array(fc.nat(9), { minLength: 3, maxLength: 3 })
  const history = fc.array(fc.record({ best: found, isEdit: fc.boolean() }), { maxLength: 30 })
  fc.assert(
    fc.property(history, (looks) => {
      let generation = 1
      let last: { name: string; generation: number; artifacts: number[] } | undefined
      for (const { best, isEdit } of looks) {
        if (isEdit) generation += 1
        const regressions = findRegressions(last, generation, best, rank)
        const before = last?.generation === generation ? last.artifacts : []
        const lower = best.flatMap((n, index) => (n < (before[index] ?? 0) ? [index] : []))
        // All that went back are named, and nothing else is.
        assert.deepEqual(
          regressions.map(({ index }) => index),
          lower,
        )
        if (regressions.length === 0) last = { name: 'f', generation, artifacts: best }
      }
    }),
  )
})
