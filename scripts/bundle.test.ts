import assert from 'node:assert/strict'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGantryProcess } from '../test/e2e/gantry-process.ts'
import { writeBundle } from './bundle.ts'

test('the bundle finds the programs of its threads, reads long manifests, and ends cleanly', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bundle-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  await writeBundle(join(folder, 'dist'))
  await symlink(join(import.meta.dirname, '../node_modules'), join(folder, 'node_modules'))
  const gantry = await startGantryProcess({ folder, main: join(folder, 'dist/main.js') })
  t.after(() => gantry.kill())

  const project = 'apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata: {name: demo}\n'
  const maps = Array.from({ length: 120 }, (_, at) => {
    const data = `data:\n  one: ${'x'.repeat(100)} # of the ${at}th\n`
    return `apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: demo, name: map-${at}}\n${data}`
  })
  const body = [project, ...maps].join('---\n')
  assert.ok(body.length > 16_384)
  const headers = {
    authorization: `Bearer ${gantry.token}`,
    'content-type': 'text/plain',
    'x-gantry': '1',
  }
  const apply = (manifests: string): Promise<Response> =>
    fetch(`${gantry.url}/v1beta1/resources`, { method: 'POST', headers, body: manifests })
  const response = await apply(body)
  const text = await response.text()
  assert.equal(response.status, 201, text)
  const { results } = JSON.parse(text) as { results: { error?: string }[] }
  assert.deepEqual(
    results.filter(({ error }) => error !== undefined),
    [],
  )
  assert.equal(results.length, 121)

  // A text that takes seconds is no reason to stay.
  const cutOff = apply('- {a: [1, 2, 3]}\n'.repeat(200_000)).catch(() => undefined)
  await fetch(`${gantry.url}/v1beta1/projects/demo`, { headers })
  const { code, signal, err } = await gantry.stop()
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, err)
  assert.notEqual((await cutOff)?.status, 201)
})
