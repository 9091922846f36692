import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { startApi } from './harness.ts'

const promotion = (status: object): string =>
  JSON.stringify({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: { name: 'test.01hx.abc1234', namespace: 'demo', uid: '1', resourceVersion: '7' },
    spec: { stage: 'test', freight: 'f' },
    status,
  })

test('a promotion in a dump that has begun is not made again', async () => {
  const { send, store } = await startApi()
  for (const method of ['POST', 'PUT']) {
    for (const phase of ['Pending', 'Running', 'Succeeded', 'Failed']) {
      const response = await send(method, '/v1beta1/resources?upsert=true', {
        body: promotion({ phase }),
      })
      assert.ok(response.ok)
      const { results } = (await response.json()) as {
        results: { skipped?: string; warnings?: string[] }[]
      }
      assert.match(results[0]?.skipped ?? '', /Promotion/)
      assert.equal(results[0]?.warnings?.length, 1)
    }
  }
  assert.deepEqual((await store.list(PromotionKind)).items, [])
})

test('what others refer to is applied first, whatever the order of the documents', async () => {
  const { send } = await startApi()
  const warehouse = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name: 'web', namespace: 'later' },
    spec: { subscriptions: [{ image: { repoURL: 'example.com/web' } }] },
  }
  const freight = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Freight',
    metadata: { name: 'f', namespace: 'later' },
    origin: { kind: 'Warehouse', name: 'web' },
  }
  const project = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Project',
    metadata: { name: 'later' },
  }
  const body = [freight, warehouse, project].map((object) => JSON.stringify(object)).join('\n---\n')
  const response = await send('PUT', '/v1beta1/resources?upsert=true', { body })
  const { results } = (await response.json()) as {
    results: { createdResourceManifest?: { kind: string } }[]
  }
  assert.deepEqual(
    results.map(({ createdResourceManifest }) => createdResourceManifest?.kind),
    ['Project', 'Warehouse', 'Freight'],
  )
})
