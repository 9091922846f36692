import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainFailure, explainTemplate, explanationLines } from './explain.ts'
import { promotionFunctions } from './functions/index.ts'
import { evaluate, ExpressionError } from './index.ts'
import { evaluateTemplate } from './template.ts'

const env = { vars: { replicas: 3, name: 'web', list: [1, 2] }, ctx: { stage: 'prod' } }

function failed(work: () => unknown): ExpressionError {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return thrown
    throw thrown
  }
  throw new Error('it did not fail')
}

test('an explanation shows what each sub-expression gave', () => {
  const explanation = explainTemplate('${{ vars.replicas > 2 && ctx.stage == "prod" }}', env)
  assert.equal(explanation.value, true)
  assert.deepEqual(explanationLines(explanation), [
    'vars = {"list":[1,2],"name":"web","replicas":3}',
    'vars.replicas = 3',
    'vars.replicas > 2 = true',
    'ctx = {"stage":"prod"}',
    'ctx.stage = "prod"',
    'ctx.stage == "prod" = true',
    'vars.replicas > 2 && ctx.stage == "prod" = true',
  ])
})

test('what ran several times says so, and what did not run is left out', () => {
  const lines = explanationLines(
    explainTemplate('${{ any(vars.list, # > 1) or vars.none.x }}', env),
  )
  assert.ok(lines.includes('# > 1 = true (2 times)'), lines.join('\n'))
  assert.ok(!lines.some((line) => line.startsWith('vars.none')))
})

test('a failed evaluation is explained as far as it came', () => {
  const template = 'x ${{ vars.name }} ${{ vars.replicas + vars.name }}'
  const { error, expressions } = explainTemplate(template, env)
  assert.equal(error?.kind, 'run')
  assert.equal(expressions.length, 2)
  const text = explainFailure(
    failed(() => evaluateTemplate(template, env)),
    template,
    env,
  )
  assert.ok(text.includes('vars.replicas = 3'))
  assert.ok(text.includes('vars.name = "web"'))
})

test('where a secret was read every value is masked', () => {
  const snapshot = new Map([['Secret/p/s', { data: { k: btoa('hunter2-hunter2') } }]])
  const functions = promotionFunctions({
    project: 'p',
    requestedFreight: [],
    freight: [],
    snapshot,
  })
  const explanation = explainTemplate('${{ upper(secret("s").k) + vars.name }}', env, { functions })
  assert.equal(explanation.sensitive, true)
  assert.ok(!/hunter2/i.test(explanationLines(explanation).join('\n')))
})

test('an error of an evaluation that read a secret quotes no values', () => {
  const snapshot = new Map([['Secret/p/s', { data: { k: btoa('hunter2-hunter2') } }]])
  const functions = promotionFunctions({
    project: 'p',
    requestedFreight: [],
    freight: [],
    snapshot,
  })
  for (const body of [
    'int(secret("s").k)',
    'date(secret("s").k)',
    'duration(secret("s").k)',
    'semverParse(secret("s").k)',
    'vars[secret("s").k].x',
    'timezone(secret("s").k)',
    '"a" matches ("(" + secret("s").k)',
    'date("x", secret("s").k)',
    'float(secret("s").k)',
    'get(1 + 1, "a") + secret("s").k',
  ]) {
    const error = failed(() => evaluateTemplate(`\${{ ${body} }}`, env, { functions }))
    assert.ok(!error.message.includes('hunter2'), error.message)
  }
})

test('an environment that holds a secret makes results sensitive and errors silent', () => {
  const secretEnv = { vars: { token: 'hunter2-hunter2' } }
  const options = { sensitive: true }
  assert.equal(evaluateTemplate('${{ vars.token }}', secretEnv, options).sensitive, true)
  const error = failed(() => evaluateTemplate('${{ int(vars.token) }}', secretEnv, options))
  assert.ok(!error.message.includes('hunter2'), error.message)
  assert.ok(
    !explainFailure(error, '${{ int(vars.token) }}', secretEnv, options).includes('hunter2'),
  )
})

test('an error stands under its place in the template', () => {
  const error = failed(() => evaluateTemplate('a\nb: ${{ vars.name % 2 }}', env))
  assert.deepEqual(error.position, { offset: 19, line: 2, column: 17 })
  const [line, caret] = error.snippet.split('\n')
  assert.ok(line !== undefined && caret !== undefined)
  assert.equal(line.charAt(caret.indexOf('^')), '%')
})

test('places are counted in characters, also behind characters of two units', () => {
  const error = failed(() => evaluate('"👍👍" + 1', {}))
  assert.equal(error.position?.column, 5)
})

test('an error names the nearest known name', () => {
  assert.equal(failed(() => evaluate('trimm("a")', {})).nearest, 'trim')
  assert.equal(failed(() => evaluate('vars.replcas.x', env)).nearest, 'replicas')
  assert.equal(failed(() => evaluate('vrs.name', env)).nearest, 'vars')
  assert.equal(failed(() => evaluate('now().Yer()', {}, { now: 0 })).nearest, 'Year')
  assert.equal(failed(() => evaluate('map([1], #indx)', {})).nearest, 'index')
  assert.equal(failed(() => evaluate('vars.name.x', env)).nearest, undefined)
})

test('a function that is there and fails is not taken for a misspelt one', () => {
  const snapshot = { project: 'demo', requestedFreight: [], freight: [], snapshot: new Map() }
  const origin = { kind: 'Warehouse', name: 'gone' }
  const requestedFreight = [{ origin, sources: { direct: true } }]
  const missing = new Map([['Warehouse/demo/gone', null]])
  const functions = promotionFunctions({ ...snapshot, requestedFreight, snapshot: missing })
  const failure = failed(() => evaluateTemplate('${{ imageFrom("web").Tag }}', {}, { functions }))
  assert.match(failure.message, /Warehouse "gone" not found/)
  assert.equal(failure.nearest, undefined)
})

test('the error of a long line shows the part around its place', () => {
  const error = failed(() => evaluate(`"${'x'.repeat(500)}" + 1`, {}))
  assert.ok(error.snippet.length < 400)
  assert.ok(failed(() => evaluate(`int("${'9'.repeat(5_000)}")`, {})).message.length < 2_000)
})
