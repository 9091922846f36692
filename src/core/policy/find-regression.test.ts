import assert from 'node:assert/strict'
import { test } from 'node:test'
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
