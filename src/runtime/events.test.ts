import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventRecord, freightAnnotations, promotionAnnotations, subjectOf } from './events.ts'

const freight = {
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Freight',
  metadata: { name: 'f1', namespace: 'demo', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' },
  alias: 'happy-hare',
  origin: { kind: 'Warehouse', name: 'w' },
  images: [{ repoURL: 'example.com/app', tag: '1' }],
  commits: [],
}

test('an event is a core/v1 Event with the annotations that its readers know, without empty ones', () => {
  const record = eventRecord(
    {
      object: freight,
      reason: 'FreightCreated',
      message: 'made',
      actor: 'controller:warehouse-controller',
      annotations: { ...freightAnnotations(freight), 'stage-name': undefined, rollback: '' },
    },
    Date.parse('2026-01-02T03:04:05.678Z'),
  )
  assert.equal(record.subject, 'Freight/demo/f1')
  assert.equal(record.kind, 'event')
  const { metadata, ...event } = record.payload as { metadata: Record<string, unknown> }
  assert.deepEqual(metadata['annotations'], {
    'event.kargo.akuity.io/actor': 'controller:warehouse-controller',
    'event.kargo.akuity.io/project': 'demo',
    'event.kargo.akuity.io/freight-name': 'f1',
    'event.kargo.akuity.io/freight-alias': 'happy-hare',
    'event.kargo.akuity.io/freight-create-time': '2026-01-01T00:00:00Z',
    'event.kargo.akuity.io/freight-warehouse-name': 'w',
    'event.kargo.akuity.io/freight-images': '[{"repoURL":"example.com/app","tag":"1"}]',
  })
  assert.deepEqual(event, {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      name: 'f1',
      namespace: 'demo',
      uid: 'u1',
    },
    type: 'Normal',
    reason: 'FreightCreated',
    message: 'made',
    firstTimestamp: '2026-01-02T03:04:05Z',
    lastTimestamp: '2026-01-02T03:04:05Z',
    count: 1,
    source: { component: 'gantry' },
  })
})

test('events of one moment have different names', () => {
  const event = { object: freight, reason: 'X', message: '', actor: 'a' }
  const names = [1, 2, 3].map(() => JSON.stringify(eventRecord(event, 1000).payload['metadata']))
  assert.equal(new Set(names).size, 3)
})

test('a Promotion tells whether it is a rollback', () => {
  const promotion = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: {
      name: 'p',
      namespace: 'demo',
      annotations: { 'kargo.akuity.io/rollback': 'true' },
    },
    spec: { stage: 'prod' },
  }
  assert.equal(promotionAnnotations(promotion)['rollback'], 'true')
  assert.equal(promotionAnnotations(promotion)['stage-name'], 'prod')
  assert.equal(subjectOf({ kind: 'Project', metadata: { name: 'demo' } }), 'Project/demo')
})
