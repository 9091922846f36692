import assert from 'node:assert/strict'
import { test } from 'node:test'
import { availabilityOf } from '../../src/core/policy/availability.ts'
import type { FreightRequestView, FreightStatusView } from '../../src/core/policy/views.ts'
import { waitingWords } from './freight-standing.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

function words(
  sources: FreightRequestView['sources'],
  status: FreightStatusView = {},
): string | undefined {
  const origin = { kind: 'Warehouse', name: 'web' }
  const stage = {
    metadata: { name: 'prod' },
    spec: { requestedFreight: [{ origin, sources }] },
  }
  const freight = { metadata: { name: 'f' }, origin, status }
  const availability = availabilityOf(stage, freight, { now, stages: () => undefined })
  return availability.available ? undefined : waitingWords(availability).words
}

const verified = { verifiedAt: '2026-03-01T10:00:00Z' }
const entered = { since: '2026-03-01T11:00:00Z' }

test('what Freight waits for is said in a few words', () => {
  assert.equal(words({ direct: true }), undefined)
  assert.equal(words({}), 'needs approval')
  assert.equal(words({ stages: ['uat'], requiredSoakTime: 'long' }), 'bad soak time')
  assert.equal(words({ stages: ['uat'] }), 'needs uat')
  assert.equal(words({ stages: ['uat', 'qa'] }), 'needs uat or qa')
  assert.equal(words({ stages: ['a', 'b', 'c'] }), 'needs one of 3 stages')
  assert.equal(words({ stages: ['uat'] }, { verifiedIn: { uat: verified } }), undefined)
})

test('with All only what is missing is named', () => {
  const sources = { stages: ['uat', 'qa', 'perf'], availabilityStrategy: 'All' }
  assert.equal(words(sources), 'needs 3 stages')
  assert.equal(words(sources, { verifiedIn: { uat: verified } }), 'needs qa and perf')
  assert.equal(words(sources, { verifiedIn: { uat: verified, qa: verified } }), 'needs perf')
})

test('soak that runs, and soak that was cut short', () => {
  const sources = { stages: ['uat', 'qa'], requiredSoakTime: '4h' }
  const verifiedIn = { uat: verified }
  assert.equal(words(sources, { verifiedIn, currentlyIn: { uat: entered } }), 'soaking')
  assert.equal(words(sources, { verifiedIn }), 'left uat too early')
  const all = { ...sources, availabilityStrategy: 'All' }
  const both = { uat: verified, qa: verified }
  assert.equal(words(all, { verifiedIn: both, currentlyIn: { uat: entered } }), 'left qa too early')
  assert.equal(
    words(all, { verifiedIn: both, currentlyIn: { uat: entered, qa: entered } }),
    'soaking',
  )
})
