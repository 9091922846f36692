import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectString, promotionEnvironment, verificationEnvironment } from './environment.ts'
import type { StepEnvironmentInput } from './environment.ts'
import { promotionFunctions, stepFunctions } from './functions/index.ts'
import type { Snapshot } from './functions/index.ts'
import { ExpressionError } from './index.ts'
import { mayReadSecret } from './may-read-secret.ts'
import { evaluateConfig, evaluateTemplate } from './template.ts'

const snapshot: Snapshot = new Map([['Secret/shop/creds', { data: { token: 'czNjcjN0LXZhbHVl' } }]])
const base = { project: 'shop', requestedFreight: [], freight: [], snapshot }
const now = Date.UTC(2025, 0, 1)

const input: StepEnvironmentInput = {
  uiBaseUrl: 'https://gantry.example',
  project: 'shop',
  promotion: 'test.1',
  stage: 'test',
  targetFreight: { name: 'f1', alias: 'sunny-otter', origin: { name: 'wh' } },
  actor: 'admin',
  rollback: false,
  alias: 'task::inner',
  promotionVars: [
    { name: 'image', value: 'ghcr.io/o/app' },
    { name: 'tag', value: '${{ vars.image }}:v1' },
    { name: 'later', value: '${{ vars.last }}' },
    { name: 'last', value: '${{ 3 }}' },
  ],
  stepVars: [{ name: 'mine', value: '${{ outputs["task::build"].count + vars.last }}' }],
  outputs: { 'task::build': { count: 7, big: 1.5 }, other: { id: 2 }, 'task::none': null },
  stepMetas: [
    { alias: 'other', status: 'Failed', errorCount: 1, startedAt: '2025-01-01T00:00:00Z' },
  ],
  functions: promotionFunctions(base),
  now,
}

function value(template: string, changes: Partial<StepEnvironmentInput> = {}): unknown {
  const { env } = promotionEnvironment({ ...input, ...changes })
  const functions = stepFunctions({ ...base, alias: 'task::inner', steps: input.stepMetas ?? [] })
  return evaluateTemplate(template, env, { functions, now }).value
}

test('a step sees its Promotion, Stage, Freight and itself', () => {
  assert.equal(
    value('${{ ctx.project }}/${{ ctx.stage }}/${{ ctx.promotion }}'),
    'shop/test/test.1',
  )
  assert.equal(
    value('${{ ctx.targetFreight.alias }}@${{ ctx.targetFreight.origin.name }}'),
    'sunny-otter@wh',
  )
  assert.equal(
    value('${{ ctx.meta.promotion.actor }} ${{ ctx.meta.promotion.rollback }}'),
    'admin false',
  )
  assert.equal(value('${{ ctx.meta.step.alias }}'), 'task::inner')
  assert.equal(value('${{ target }}'), null)
  assert.equal(
    value('${{ target.params.region }}', { target: { params: { region: 'eu' }, labels: {} } }),
    'eu',
  )
})

test('a variable sees only earlier ones, and is typed', () => {
  assert.equal(value('${{ vars.tag }}'), 'ghcr.io/o/app:v1')
  assert.equal(value('${{ vars.later }}'), null)
  assert.equal(value('${{ vars.last + 1 }}'), 4)
  assert.equal(value('${{ vars.mine }}'), 10)
})

test('whole numbers of outputs stay whole, those of variables are floats', () => {
  assert.equal(value('${{ outputs.other.id % 2 }}'), 0)
  assert.equal(value('${{ type(outputs["task::build"].big) }}'), 'float')
  assert.throws(() => value('${{ vars.last % 2 }}'), { code: 'Invalid', kind: 'run' })
})

test('inside a task its own outputs are found by their short names', () => {
  assert.equal(value('${{ task.outputs.build.count }}'), 7)
  assert.equal(value('${{ task.outputs.other }}'), null)
  assert.equal(value('${{ task }}', { alias: 'plain' }), null)
})

test('the status in stepMetas is of a type of its own, the function gives a plain string', () => {
  assert.equal(value('${{ stepMetas.other.Status == "Failed" }}'), false)
  assert.equal(value('${{ string(stepMetas.other.Status) == "Failed" }}'), true)
  assert.equal(value('${{ stepMetas.other.ErrorCount % 2 }}'), 1)
  assert.equal(value('${{ stepMetas.other.StartedAt.Year() }}'), 2025)
  assert.throws(() => value('${{ stepMetas.other.status }}'), { code: 'Invalid' })
})

test('a broken variable names itself', () => {
  const changes = { promotionVars: [{ name: 'broken', value: '${{ nope() }}' }] }
  assert.throws(
    () => promotionEnvironment({ ...input, ...changes }),
    (thrown) =>
      thrown instanceof ExpressionError &&
      thrown.reason.startsWith('error pre-processing promotion variable "broken"'),
  )
  assert.throws(
    () => promotionEnvironment({ ...input, stepVars: [{ name: 'x', value: '${{ 1' }] }),
    { kind: 'compile' },
  )
})

test('a variable that read a secret makes the environment sensitive', () => {
  assert.equal(promotionEnvironment(input).sensitive, false)
  const promotionVars = [{ name: 'token', value: '${{ secret("creds").token }}' }]
  assert.equal(promotionEnvironment({ ...input, promotionVars, stepVars: [] }).sensitive, true)
})

test('status functions are not there for variables', () => {
  const promotionVars = [{ name: 'x', value: '${{ always() }}' }]
  assert.throws(() => promotionEnvironment({ ...input, promotionVars }), { code: 'Invalid' })
  assert.equal(value('${{ always() }}'), true)
})

test('a config error says which value it is about', () => {
  const { env } = promotionEnvironment(input)
  assert.throws(
    () =>
      evaluateConfig({ list: ['ok', { deep: '${{ nope() }}' }] }, env, {
        functions: input.functions,
      }),
    { code: 'Invalid', field: 'list[1].deep' },
  )
})

test('verification sees the project, the stage and the variables of the stage', () => {
  const vars = [{ name: 'url', value: 'https://${{ ctx.stage }}.example' }]
  const { env } = verificationEnvironment({
    project: 'shop',
    stage: 'uat',
    vars,
    functions: input.functions,
    now,
  })
  assert.equal(evaluateTemplate('${{ vars.url }}', env).value, 'https://uat.example')
})

test('arguments must be strings', () => {
  assert.equal(expectString('a', 'the argument'), 'a')
  assert.throws(() => expectString(42, 'the argument'), { code: 'Invalid' })
})

test('an expression reads no secret only when it names all that it reads of what is known to hold none', () => {
  const open = new Set(['vars.a', 'outputs.b', 'outputs.open-pr', 'task.outputs.c'])
  for (const expression of [
    'ctx.stage + "x"',
    'vars.a + vars?.a + vars . a',
    'outputs["open-pr"].url ?? outputs[ \'b\' ]',
    'task.outputs.c.d',
    'map([1], vars.a + string(#))',
  ])
    assert.equal(mayReadSecret(expression, open), false, expression)
  for (const expression of [
    'vars.token',
    'vars.a + vars.token',
    'vars.ab',
    'vars.aé',
    'vars["a" + "b"]',
    'vars["a\\u0062"]',
    'let vs = vars; vs.token',
    'values(vars)',
    '$env.vars.token',
    '$env["va" + "rs"]',
    'outputs.secret.vars.a',
    'task.outputs.a',
    'get(outputs, "b")',
  ])
    assert.equal(mayReadSecret(expression, open), true, expression)
})
