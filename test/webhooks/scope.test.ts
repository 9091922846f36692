import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { type Promotion, PromotionKind } from '../../src/core/kinds/promotion.ts'
import { WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { type Bench, secret, send, startBench } from './bench.ts'

const apiVersion = 'kargo.akuity.io/v1alpha1'
const url = 'https://github.com/team/app'
const push: JsonObject = {
  ref: 'refs/heads/main',
  commits: [],
  repository: { clone_url: `${url}.git`, default_branch: 'main' },
}
const pushed = { 'x-github-event': 'push', 'x-github-delivery': 'one' }
const refresh = 'kargo.akuity.io/refresh'

/** The same Warehouse in two Projects. */
async function addTwo({ make }: Bench): Promise<void> {
  for (const namespace of ['demo', 'stranger']) {
    await make(WarehouseKind, {
      apiVersion,
      kind: 'Warehouse',
      metadata: { name: 'app', namespace },
      spec: { subscriptions: [{ git: { repoURL: url } }] },
    })
  }
}

async function refreshed({ store }: Bench): Promise<string[]> {
  const { items } = await store.list(WarehouseKind, {})
  return items
    .filter(({ metadata }) => metadata.annotations?.[refresh] !== undefined)
    .map(({ metadata }) => metadata.namespace ?? '')
    .toSorted()
}

test("a Project's receiver refreshes nothing of another Project", async (t) => {
  const bench = await startBench(t)
  await addTwo(bench)
  const address = await bench.addReceiver('github')
  const { body } = await send(address, 'github', push, pushed)
  assert.deepEqual(body, { msg: 'refreshed 1 warehouse(s)' })
  assert.deepEqual(await refreshed(bench), ['demo'])
})

test("a generic receiver's actions stay in their Project too, whatever they select by", async (t) => {
  const bench = await startBench(t)
  await addTwo(bench)
  const all = { action: 'Refresh', targetSelectionCriteria: [{ kind: 'Warehouse' }] }
  const address = await bench.addReceiver('generic', { actions: [all] })
  const { status } = await send(address, 'generic', {})
  assert.equal(status, 200)
  assert.deepEqual(await refreshed(bench), ['demo'])
})

test("the installation's receiver refreshes in every Project", async (t) => {
  const bench = await startBench(t)
  await addTwo(bench)
  const address = await bench.addClusterReceiver('github')
  const { body } = await send(address, 'github', push, pushed)
  assert.deepEqual(body, { msg: 'refreshed 2 warehouse(s)' })
  assert.deepEqual(await refreshed(bench), ['demo', 'stranger'])
})

function promotion(name: string, namespace: string): Promotion {
  return {
    apiVersion,
    kind: 'Promotion',
    metadata: { name, namespace },
    spec: { stage: 'test', freight: 'f', steps: [{ uses: 'git-wait-for-pr' }] },
  }
}

test('a closed pull request wakes the running Promotions that wait for it, and no others', async (t) => {
  const bench = await startBench(t)
  const pull = `${url}/pull/7`
  const add = (name: string, status: JsonObject, namespace = 'demo'): Promise<void> =>
    bench.make(PromotionKind, promotion(name, namespace), status)
  const waits = { gantry: { watches: [pull] } }
  await add('declared', { phase: 'Running', ...waits })
  await add('noted', { phase: 'Running', state: { 'open-pr': { pr: { url: pull } } } })
  await add('another', { phase: 'Running', gantry: { watches: [`${url}/pull/70`] } })
  await add('over', { phase: 'Succeeded', state: { 'open-pr': { pr: { url: pull } } } })
  await add('declared', { phase: 'Running', ...waits }, 'stranger')
  const address = await bench.addReceiver('github')
  const closed = { action: 'closed', pull_request: { html_url: pull } }
  const headers = { ...pushed, 'x-github-event': 'pull_request' }
  const { status, body } = await send(address, 'github', closed, headers)
  assert.equal(status, 200)
  assert.deepEqual(body, { msg: 'refreshed 2 promotion(s)' })
  const { items } = await bench.store.list(PromotionKind, {})
  const woken = items.filter(({ metadata }) => metadata.annotations?.[refresh] !== undefined)
  assert.deepEqual(
    woken.map(({ metadata: { namespace = '', name } }) => `${namespace}/${name}`).toSorted(),
    ['demo/declared', 'demo/noted'],
  )
})

test('the log holds no secret and no long text, whatever a sender puts into what is logged', async (t) => {
  const bench = await startBench(t)
  const address = await bench.addReceiver('github')
  const ref = `refs/heads/${secret}${'x'.repeat(5000)}`
  const headers = { ...pushed, 'x-github-delivery': `${secret} ${'y'.repeat(5000)}` }
  await send(address, 'github', { ...push, ref }, headers)
  await send(address, 'github', push, { ...headers, 'x-github-event': secret.repeat(50) })
  const { records } = await bench.journal.range({ kind: 'delivery', order: 'asc', limit: 10 })
  assert.equal(records.length, 2)
  const text = JSON.stringify(records)
  assert.ok(!text.includes(secret))
  assert.ok(text.length < 4000, `${text.length} characters`)
})
