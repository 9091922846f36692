import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFactReader } from '../serve/facts.ts'
import { adminActor } from '../core/actor.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import { allKinds } from '../core/kinds/index.ts'
import { type Secret, SecretKind } from '../core/kinds/secret.ts'
import { type Warehouse, WarehouseKind } from '../core/kinds/warehouse.ts'
import { createRedactor } from '../core/redact.ts'
import { systemClock } from '../lib/system-clock.ts'
import { createMemoryStore } from '../stores/memory.ts'
import type { StepScope } from './evaluator.ts'
import { createEvaluator } from './expressions.ts'
import type { PromotionInput } from './promotion.ts'
import type { EngineStep } from './session.ts'

const namespace = 'demo'

async function createProject() {
  const store = createMemoryStore({ kinds: allKinds, clock: systemClock })
  const redactor = createRedactor()
  await store.create<Warehouse>(
    WarehouseKind,
    {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Warehouse',
      metadata: { name: 'w', namespace },
      spec: { subscriptions: [{ image: { repoURL: 'example.com/app' } }] },
    },
    { actor: adminActor },
  )
  await store.create<Secret>(
    SecretKind,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace },
      data: { token: btoa('hunter2-hunter2') },
    },
    { actor: adminActor },
  )
  const evaluator = createEvaluator({
    fetch: createFactReader(store, redactor),
    uiBaseUrl: () => 'http://gantry.example.com',
  })
  return { evaluator, redactor }
}

const promotion: PromotionInput = {
  project: namespace,
  name: 'test.01.f1',
  uid: 'u',
  stage: 'test',
  actor: 'admin',
  rollback: false,
  vars: [
    { name: 'image', value: 'example.com/app' },
    { name: 'first', value: '1' },
    { name: 'second', value: '${{ vars.first }}2' },
  ],
  steps: [],
  freight: { name: 'f1', alias: 'happy-hare', origin: { name: 'w' } },
  references: [
    {
      name: 'f1',
      origin: { kind: 'Warehouse', name: 'w' },
      images: [{ repoURL: 'example.com/app', tag: '1.10' }],
    },
  ],
  warehouses: ['w'],
}

function scope(step: Partial<EngineStep>, more: Partial<StepScope> = {}): StepScope {
  const whole: EngineStep = { alias: 'here', uses: 'x', vars: [], config: undefined, ...step }
  return {
    promotion,
    step: whole,
    index: 1,
    steps: [{ alias: 'before', uses: 'x', vars: [], config: undefined }, whole],
    records: [{ status: 'Failed', errorCount: 1, startedAt: 0 }],
    outputs: { before: { id: 7 }, 't::a': { b: 'c' } },
    sensitive: false,
    open: new Set(),
    now: 0,
    signal: new AbortController().signal,
    ...more,
  }
}

test('a config sees the context, variables, outputs and artifacts of the Freight', async () => {
  const { evaluator } = await createProject()
  const config = {
    tag: '${{ quote(imageFrom(vars.image).Tag) }}',
    where: '${{ ctx.stage }}/${{ ctx.targetFreight.alias }}',
    list: ['${{ vars.second }}', '${{ outputs.before.id }}'],
    own: '${{ vars.own }}',
    plain: 'as it is',
  }
  const vars = [{ name: 'own', value: '${{ outputs.before.id + 1 }}' }]
  const { value, sensitive } = await evaluator.config(scope({ config, vars }))
  assert.deepEqual(value, {
    tag: '1.10',
    where: 'test/happy-hare',
    list: [12, 7],
    own: 8,
    plain: 'as it is',
  })
  assert.equal(sensitive, false)
})

test('a step in a task sees the outputs of its siblings', async () => {
  const { evaluator } = await createProject()
  const config = { x: '${{ task.outputs.a.b }}' }
  const { value } = await evaluator.config(scope({ alias: 't::here', config }))
  assert.deepEqual(value, { x: 'c' })
})

test('what was made from a secret says so, and the secret is masked from then on', async () => {
  const { evaluator, redactor } = await createProject()
  const config = { header: 'Bearer ${{ secret("s").token }}' }
  const { value, sensitive } = await evaluator.config(scope({ config }))
  assert.deepEqual(value, { header: 'Bearer hunter2-hunter2' })
  assert.equal(sensitive, true)
  assert.equal(redactor.redact('it is hunter2-hunter2'), 'it is ******')
})

test('a condition sees how the steps before it ended', async () => {
  const { evaluator } = await createProject()
  const judge = async (text: string) => (await evaluator.condition(scope({ if: text }))).value
  assert.equal(await judge('${{ failure() }}'), true)
  assert.equal(await judge('${{ success() }}'), false)
  assert.equal(await judge('${{ status("before") == "Failed" }}'), true)
  assert.equal(await judge('true'), 'true')
})

test('a failure says where, and what its parts came to', async () => {
  const { evaluator } = await createProject()
  const config = { deep: [{ sum: '${{ outputs.before.id + "x" }}' }] }
  await assert.rejects(evaluator.config(scope({ config })), (thrown) => {
    assert.ok(hasCode(thrown, 'Invalid'))
    assert.equal(thrown.field, 'deep[0].sum')
    assert.match(thrown.message, /outputs\.before\.id = 7/)
    return true
  })
})

test('a fact that cannot be fetched now is no failure of the expression', async () => {
  const evaluator = createEvaluator({
    fetch: () => Promise.reject(new GantryError('Unavailable', 'the store is away')),
    uiBaseUrl: () => '',
  })
  const config = { x: '${{ secret("s").token }}' }
  await assert.rejects(evaluator.config(scope({ config })), (thrown) =>
    hasCode(thrown, 'Unavailable'),
  )
})

test('without a config nothing is evaluated, not even broken variables', async () => {
  const { evaluator } = await createProject()
  const vars = [{ name: 'broken', value: '${{ 1 + }}' }]
  assert.deepEqual(await evaluator.config(scope({ vars })), {
    value: {},
    sensitive: false,
    secrets: [],
  })
  await assert.rejects(evaluator.config(scope({ vars, config: {} })))
})

test('S4: variables, config and what is fetched in between share a budget', async () => {
  const { evaluator } = await createProject()
  const heavy = '${{ any(1..700, any(1..700, # < 0)) }}'
  const vars = Array.from({ length: 1000 }, (_, index) => ({ name: `v${index}`, value: heavy }))
  const start = performance.now()
  await assert.rejects(evaluator.config(scope({ vars, config: { x: 1 } })), /budget/)
  assert.ok(performance.now() - start < 20_000)
})
