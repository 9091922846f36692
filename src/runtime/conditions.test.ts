import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Conditioned,
  deleteCondition,
  getCondition,
  keepConditions,
  setCondition,
  truncateMessage,
} from './conditions.ts'

const at = (second: number): number => Date.parse('2026-01-01T00:00:00Z') + second * 1000 + 321

test('a condition that says nothing new is left alone, also when time has passed', () => {
  const status: Conditioned = {}
  const ready = { type: 'Ready', status: 'True', reason: 'Synced', message: 'ok' } as const
  setCondition(status, { ...ready, observedGeneration: 2 }, at(0))
  const before = structuredClone(status)
  setCondition(status, { ...ready, observedGeneration: 2 }, at(5))
  setCondition(status, { ...ready, observedGeneration: 1 }, at(5))
  assert.deepEqual(status, before)
})

test('the transition time moves with the status and not with the reason', () => {
  const status: Conditioned = {}
  setCondition(status, { type: 'Ready', status: 'False', reason: 'A' }, at(0))
  setCondition(status, { type: 'Ready', status: 'False', reason: 'B' }, at(5))
  assert.equal(getCondition(status, 'Ready')?.lastTransitionTime, '2026-01-01T00:00:00Z')
  assert.equal(getCondition(status, 'Ready')?.reason, 'B')
  setCondition(status, { type: 'Ready', status: 'True', reason: 'B' }, at(9))
  assert.equal(getCondition(status, 'Ready')?.lastTransitionTime, '2026-01-01T00:00:09Z')
})

test('a newer generation alone is news', () => {
  const status: Conditioned = {}
  setCondition(status, { type: 'Ready', status: 'True', reason: 'A', observedGeneration: 1 }, at(0))
  setCondition(status, { type: 'Ready', status: 'True', reason: 'A', observedGeneration: 2 }, at(5))
  assert.equal(getCondition(status, 'Ready')?.observedGeneration, 2)
  assert.equal(getCondition(status, 'Ready')?.lastTransitionTime, '2026-01-01T00:00:00Z')
})

test('deleting and keeping touch only what is named', () => {
  const status: Conditioned = {}
  for (const type of ['Ready', 'Healthy', 'Verified'])
    setCondition(status, { type, status: 'True', reason: 'A' }, at(0))
  deleteCondition(status, 'Healthy', 'Absent')
  assert.deepEqual(
    status.conditions?.map(({ type }) => type),
    ['Ready', 'Verified'],
  )
  keepConditions(status, 'Ready')
  assert.deepEqual(
    status.conditions?.map(({ type }) => type),
    ['Ready'],
  )
})

test('a message is cut at 32768 bytes, at the boundary of a character', () => {
  assert.equal(truncateMessage('é'.repeat(16_384)), 'é'.repeat(16_384))
  for (const text of ['a'.repeat(40_000), 'é'.repeat(20_000), `x${'語'.repeat(12_000)}`]) {
    const cut = truncateMessage(text)
    assert.ok(cut.endsWith(' ... (truncated)'))
    assert.ok(!cut.includes('\uFFFD'))
    const bytes = new TextEncoder().encode(cut).length
    assert.ok(bytes <= 32_768 && bytes > 32_764, String(bytes))
  }
})
