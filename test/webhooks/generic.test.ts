import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { send, startBench } from './bench.ts'

const url = 'https://git.example.com/team/app'
const index = (operator: string, value: string, key = 'subscribedURLs'): JsonObject => ({
  indexSelector: { matchIndices: [{ key, operator, value }] },
})

function action(target: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    action: 'Refresh',
    targetSelectionCriteria: [{ kind: 'Warehouse', ...target }],
    ...more,
  }
}

function resultsOf(body: JsonObject): JsonObject[] {
  assert.ok(Array.isArray(body['results']))
  return body['results'] as JsonObject[]
}

async function run(
  t: Parameters<typeof startBench>[0],
  actions: Json[],
  body: Json,
): Promise<{ status: number; results: JsonObject[] }> {
  const bench = await startBench(t)
  await bench.addWarehouse('app', { git: { repoURL: url } })
  await bench.addWarehouse('other', { git: { repoURL: `${url}-two` } })
  const address = await bench.addReceiver('generic', { actions })
  const answer = await send(`${address}?env=prod`, 'generic', body, { 'x-event': 'push' })
  return { status: answer.status, results: resultsOf(answer.body) }
}

const chosen = (...names: string[]): Json =>
  names.map((name) => ({ namespace: 'demo', name, success: true }))

test('an action says what it was, whether its condition held, and what came of it', async (t) => {
  const given = action(index('Equals', '${{ normalizeGit(request.body.url) }}'), {
    whenExpression: "request.header('X-Event') == 'push' && params.env == 'prod'",
    parameters: { env: "${{ request.params('env') }}" },
  })
  const { status, results } = await run(t, [given], { url: `${url}.git` })
  assert.equal(status, 200)
  assert.deepEqual(results, [
    {
      ...given,
      matchedWhenExpression: true,
      selectedTargets: chosen('app'),
      result: 'Success',
      summary: 'refreshed 1 of 1 object(s)',
    },
  ])
})

test('conditions of one criterion are all demanded, criteria are added up', async (t) => {
  const both = { ...index('NotEquals', url), name: 'app' }
  const union = {
    ...action({ name: 'app' }),
    targetSelectionCriteria: [
      { kind: 'Warehouse', name: '${{ request.body.name }}' },
      { kind: 'Warehouse', ...index('NotEquals', url) },
    ],
  }
  const { status, results } = await run(t, [action(both), union], { name: 'app' })
  assert.equal(status, 200)
  assert.deepEqual(
    results.map(({ result, selectedTargets }) => [result, selectedTargets]),
    [
      ['NotApplicable', undefined],
      ['Success', chosen('app', 'other')],
    ],
  )
})

test('what does not apply is fine, what cannot be judged is a 500', async (t) => {
  const target = { name: 'app' }
  const actions = [
    action(target, { whenExpression: "request.body.kind == 'other'" }),
    action(target, { whenExpression: "'yes'" }),
    action(target, { whenExpression: 'request.body.missing.deeper.still' }),
    action(index('Equals', 'x', 'receiverPaths')),
    action(target, { whenExpression: 'len(filter(1..100000, {# % 2 == 0})) > 0' }),
  ]
  const { status, results } = await run(t, actions, { kind: 'push' })
  assert.equal(status, 500)
  assert.deepEqual(
    results.map(({ result }) => result),
    ['NotApplicable', 'Error', 'Error', 'Error', 'Error'],
  )
})

test('what selects targets must give a text: quote makes one of what looks like something else', async (t) => {
  const template = 'number: ${{ request.body.number }}'
  const actions = [
    action({ name: '${{ request.body.number }}' }),
    action({ name: '${{ quote(request.body.number) }}' }),
    action({ labelSelector: { matchLabels: { pr: '${{ request.body.number }}' } } }),
    action(index('NotEquals', '${{ request.body.number > 3 }}')),
    action({ name: 'app-${{ request.body.number }}' }),
    action(
      { name: 'app' },
      { whenExpression: `params.text == 'number: 7'`, parameters: { text: template } },
    ),
    action(
      { name: 'app' },
      { whenExpression: `params.n == '7'`, parameters: { n: '${{ request.body.number }}' } },
    ),
  ]
  const { status, results } = await run(t, actions, { number: 7 })
  assert.equal(status, 500)
  assert.deepEqual(
    results.map(({ result }) => result),
    ['Error', 'NotApplicable', 'Error', 'Error', 'NotApplicable', 'Success', 'Success'],
  )
  assert.match(
    JSON.stringify(results[0]?.['summary']),
    /name must be a string, but is a number.*quote\(\)/,
  )
})

test('a request without a body is one whose body is nil', async (t) => {
  const bench = await startBench(t)
  await bench.addWarehouse('app', { git: { repoURL: url } })
  const only = action({ name: 'app' }, { whenExpression: 'request.body == nil' })
  const address = await bench.addReceiver('generic', { actions: [only] })
  for (const method of ['POST', 'GET']) {
    const answer = await fetch(`${address}?${method}`, { method })
    assert.equal(answer.status, 200)
    assert.equal(resultsOf((await answer.json()) as JsonObject)[0]?.['result'], 'Success')
  }
  assert.equal((await send(address, 'generic', 'push=1')).status, 400)
})

test('Warehouses are selected by their labels, with templates in the values', async (t) => {
  const bench = await startBench(t)
  const labelled = (name: string, labels: Record<string, string>): Promise<void> =>
    bench.make(WarehouseKind, {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Warehouse',
      metadata: { name, namespace: 'demo', labels },
      spec: { subscriptions: [{ git: { repoURL: url } }] },
    })
  await labelled('front', { team: 'web', tier: 'high' })
  await labelled('back', { team: 'web', tier: 'low' })
  await labelled('stranger', { team: 'data', tier: 'high' })
  const team = '${{ request.body.team }}'
  const high = { key: 'tier', operator: 'In', values: ['${{ request.body.tier }}', 'critical'] }
  const actions = [
    action({ labelSelector: { matchLabels: { team } } }),
    action({ labelSelector: { matchLabels: { team }, matchExpressions: [high] } }),
    action({
      labelSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: [team] }] },
    }),
    action({ labelSelector: { matchLabels: { team } }, ...index('NotEquals', url) }),
  ]
  const address = await bench.addReceiver('generic', { actions })
  const { body } = await send(address, 'generic', { team: 'web', tier: 'high' })
  assert.deepEqual(
    resultsOf(body).map(({ selectedTargets }) => selectedTargets),
    [chosen('back', 'front'), chosen('front'), chosen('stranger'), undefined],
  )
})

test('a write that fails is told of its target, and makes the result partial or a failure', async (t) => {
  const bench = await startBench(t)
  await bench.addWarehouse('app', { git: { repoURL: url } })
  await bench.addWarehouse('other', { git: { repoURL: url } })
  const patch = bench.store.patch.bind(bench.store)
  bench.store.patch = (kind, ref, ...rest) =>
    ref.name === 'other' ? Promise.reject(new Error('no room')) : patch(kind, ref, ...rest)
  const actions = [
    action(index('Equals', url)),
    action({ name: 'other' }),
    action({ name: 'app' }),
    action({ name: 'nobody' }),
  ]
  const address = await bench.addReceiver('generic', { actions })
  const { status, body } = await send(address, 'generic', {})
  assert.equal(status, 500)
  const failed = { namespace: 'demo', name: 'other', success: false }
  assert.deepEqual(
    resultsOf(body).map(({ result, selectedTargets }) => [result, selectedTargets]),
    [
      ['PartialSuccess', [{ namespace: 'demo', name: 'app', success: true }, failed]],
      ['Failure', [failed]],
      ['Success', chosen('app')],
      ['NotApplicable', undefined],
    ],
  )
})

test('running Promotions can be targets, those that have ended are left alone', async (t) => {
  const bench = await startBench(t)
  const add = (name: string, phase: string): Promise<void> =>
    bench.make(
      PromotionKind,
      {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Promotion',
        metadata: { name, namespace: 'demo', labels: { kind: 'deploy' } },
        spec: { stage: 'test', freight: 'f', steps: [{ uses: 'http' }] },
      },
      { phase },
    )
  await add('running', 'Running')
  await add('waiting', 'Pending')
  await add('over', 'Succeeded')
  const deploys = { kind: 'Promotion', labelSelector: { matchLabels: { kind: 'deploy' } } }
  const actions = [
    action(deploys),
    action({ kind: 'Promotion', name: '${{ request.body.promotion }}' }),
    action({ ...deploys, ...index('Equals', url) }),
  ]
  const address = await bench.addReceiver('generic', { actions })
  const { status, body } = await send(address, 'generic', { promotion: 'running' })
  assert.equal(status, 500)
  assert.deepEqual(
    resultsOf(body).map(({ result, selectedTargets }) => [result, selectedTargets]),
    [
      ['Success', chosen('running', 'waiting')],
      ['Success', chosen('running')],
      ['Error', undefined],
    ],
  )
  const woken = await bench.store.get(PromotionKind, { name: 'over', namespace: 'demo' })
  assert.equal(woken?.metadata.annotations?.['kargo.akuity.io/refresh'], undefined)
})
