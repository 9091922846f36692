import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { makeStepBench, type StepBench } from '../../test/step-bench.ts'
import { GantryError } from '../core/errors.ts'
import http from './http.ts'
import kustomizeSetImage from './kustomize-set-image.ts'
import yamlParse from './yaml-parse.ts'
import yamlUpdate from './yaml-update.ts'

/** Longer than what is read at once. */
const filler = Array.from({ length: 2000 }, (_, at) => `key-${at}: value # ${at}\n`).join('')
const values = `image: {tag: v1}\nlist: [1]\n${filler}`

async function withFile(t: TestContext, path: string, content: string): Promise<StepBench> {
  const bench = await makeStepBench(t)
  await mkdir(join(bench.root, path, '..'), { recursive: true })
  await writeFile(join(bench.root, path), content)
  return bench
}

test('a long file is edited as a short one: one line changes', async (t) => {
  const bench = await withFile(t, 'values.yaml', values)
  const update = (key: string) =>
    bench.run(yamlUpdate, { path: 'values.yaml', updates: [{ key, value: 'v2' }] })
  assert.equal((await update('image.tag')).status, 'Succeeded')
  const edited = values.replace('v1', 'v2')
  assert.equal(await readFile(join(bench.root, 'values.yaml'), 'utf8'), edited)

  const outOfRange = await update('list.7')
  assert.deepEqual([outOfRange.status, outOfRange.terminal], ['Errored', true])
  await assert.rejects(update('none'), { code: 'Invalid', message: /"none" is not in / })
  assert.equal(await readFile(join(bench.root, 'values.yaml'), 'utf8'), edited)
})

test('an edit that is aborted leaves the file as it was', async (t) => {
  const bench = await withFile(t, 'values.yaml', values)
  const leave = new AbortController()
  leave.abort(new GantryError('Canceled', 'the Promotion is gone'))
  const config = { path: 'values.yaml', updates: [{ key: 'image.tag', value: 'v2' }] }
  const work = bench.run(yamlUpdate, config, { signal: leave.signal })
  await assert.rejects(work, { code: 'Canceled', message: 'the Promotion is gone' })
  assert.equal(await readFile(join(bench.root, 'values.yaml'), 'utf8'), values)
})

test('images of a long kustomization are set, and nothing else of it changes', async (t) => {
  const text = `images:\n- name: app\n  newTag: v1\n${filler}`
  const bench = await withFile(t, 'base/kustomization.yaml', text)
  const images = [{ image: 'app', tag: 'v2' }]
  const { status } = await bench.run(kustomizeSetImage, { path: 'base', images })
  assert.equal(status, 'Succeeded')
  const file = join(bench.root, 'base/kustomization.yaml')
  assert.equal(await readFile(file, 'utf8'), text.replace('newTag: v1', 'newTag: v2'))
})

test('values are read from a long file and from a long answer', async (t) => {
  const bench = await withFile(t, 'values.yaml', values)
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/yaml' }).end(values)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const last = '["key-1999"]'
  const read = await bench.run(yamlParse, {
    path: 'values.yaml',
    outputs: [{ name: 'last', fromExpression: `image.tag + $env${last}` }],
  })
  assert.deepEqual(read.output, { last: 'v1value' })
  const asked = await bench.run(http, {
    url: `http://127.0.0.1:${address.port}/`,
    outputs: [{ name: 'last', fromExpression: `response.body${last}` }],
  })
  assert.deepEqual(asked.output, { last: 'value' })
})
