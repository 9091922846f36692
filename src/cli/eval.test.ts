import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runEval } from './eval.ts'
import type { EvalRequest } from './eval.ts'

const files: Readonly<Record<string, string>> = {
  'env.yaml': 'vars:\n  image: ghcr.io/o/app\n  replicas: 3\noutputs:\n  build: {count: 7}\n',
  'freight.yaml':
    'kind: Freight\nmetadata: {name: abc}\nalias: sunny-otter\norigin: {kind: Warehouse, name: wh}\nimages:\n- repoURL: ghcr.io/o/app\n  tag: v1.2.3\ncommits:\n- repoURL: https://x/r\n  id: c0ffee\n',
  'list.yaml': '- 1\n',
}

async function run(
  template: string,
  options: Omit<EvalRequest, 'template'> = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await runEval(
    { template, ...options },
    {
      stdout: (text) => (out += text),
      stderr: (text) => (err += text),
      readFile: (path) => {
        const text = files[path]
        return text === undefined
          ? Promise.reject(new Error(`no file ${path}`))
          : Promise.resolve(text)
      },
      now: () => Date.UTC(2025, 0, 1),
    },
  )
  return { code, out, err }
}

test('it prints the typed result', async () => {
  assert.deepEqual(await run('${{ 1 + 1 }}'), { code: 0, out: '2\n', err: '' })
  assert.deepEqual(await run('v${{ 1 }}'), { code: 0, out: '"v1"\n', err: '' })
  assert.equal((await run('${{ {"a": [1]} }}')).out, '{\n  "a": [\n    1\n  ]\n}\n')
  assert.equal((await run('${{ now().Year() }}')).out, '2025\n')
})

test('it takes variables and Freight from files', async () => {
  assert.equal(
    (await run('${{ vars.image }}:${{ vars.replicas }}', { env: 'env.yaml' })).out,
    '"ghcr.io/o/app:3"\n',
  )
  assert.equal((await run('${{ outputs.build.count % 2 }}', { env: 'env.yaml' })).out, '1\n')
  const freight = await run(
    '${{ imageFrom(vars.image).Tag }} ${{ commitFrom("https://x/r").ID }} ${{ ctx.targetFreight.alias }}',
    { env: 'env.yaml', freight: 'freight.yaml' },
  )
  assert.deepEqual(freight, { code: 0, out: '"v1.2.3 c0ffee sunny-otter"\n', err: '' })
})

test('it shows what each sub-expression gave', async () => {
  const { out } = await run('${{ vars.replicas * 2 }}', { env: 'env.yaml', explain: true })
  assert.ok(out.includes('vars.replicas = 3\n'))
  assert.ok(out.endsWith('6\n'))
})

test('an error has a caret under its place, and an exit code', async () => {
  const { code, out, err } = await run('${{ vars.replcas + 1 }}', { env: 'env.yaml' })
  assert.equal(code, 2)
  assert.equal(out, '')
  assert.match(err, /\^/)
  assert.equal((await run('${{ 1')).code, 2)
  assert.equal((await run('${{ 1/0 }}')).code, 2)
  assert.equal((await run('${{ "nan" }}')).code, 2)
})

test('objects that are not here count as absent, and it is said', async () => {
  const { code, out, err } = await run('${{ secret("a").x }}')
  assert.deepEqual([code, out], [0, '""\n'])
  assert.match(err, /Secret\/default\/a/)
})

test('a file of variables must hold one object', async () => {
  await assert.rejects(run('a', { env: 'list.yaml' }), { code: 'Invalid' })
})
