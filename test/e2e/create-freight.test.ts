/** `gantry create freight` against a real `gantry up` and a real registry. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Freight } from '../../src/core/kinds/freight.ts'
import { pushSampleImage, type Registry, startRegistry } from '../servers/registry.ts'
import { type GantryProcess, startGantryProcess } from './gantry-process.ts'

let folder: string
let gantry: GantryProcess
let registry: Registry

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-create-'))
  registry = await startRegistry()
  for (const repo of ['web', 'db'])
    for (const tag of ['1.0.0', '1.1.0']) await pushSampleImage(registry, repo, tag)
  gantry = await startGantryProcess({ folder })
  const manifests = `apiVersion: kargo.akuity.io/v1alpha1
kind: Project
metadata: {name: demo}
---
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: shop, namespace: demo}
spec:
  freightCreationPolicy: Manual
  subscriptions:
    - {name: front, image: {repoURL: '${registry.host}/web'}}
    - image: {repoURL: '${registry.host}/db'}
`
  await gantry.run(['apply', '-f', '-'], manifests)
  await gantry.run(['refresh', 'warehouse', 'shop', '--wait'])
})

after(async () => {
  await gantry?.stop()
  await registry?.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const create = ['create', 'freight', '--warehouse', 'shop']

async function tagsOf(alias: string): Promise<(string | undefined)[] | undefined> {
  const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
  return items.find((each) => each.alias === alias)?.images?.map(({ tag }) => tag)
}

test('create freight takes the best of each subscription, and what was chosen by name or address', async () => {
  const chosen = ['--artifact', 'front=1.0.0', '--artifact', `${registry.host}/db=1.0.0`]
  const plan = await gantry.run([...create, ...chosen, '--dry-run'])
  assert.match(plan, /^freight\.kargo\.akuity\.io\/[0-9a-f]{40} would be created/u)
  assert.deepEqual((await gantry.get<{ items: Freight[] }>(['freight'])).items, [])

  const said = await gantry.run([...create, '--alias', 'new-newt'])
  assert.match(said, /^freight\.kargo\.akuity\.io\/[0-9a-f]{40} created: new-newt$/u)
  assert.deepEqual(await tagsOf('new-newt'), ['1.1.0', '1.1.0'])
  const answer = await gantry.run([...create, ...chosen, '--alias', 'old-owl', '-o', 'json'])
  const { images }: Freight = JSON.parse(answer)
  assert.equal(images?.length, 2)
  assert.deepEqual(await tagsOf('old-owl'), ['1.0.0', '1.0.0'])
})

test('create freight says what is wrong, makes nothing, and exits as scripts expect', async () => {
  const before = await gantry.get<{ items: Freight[] }>(['freight'])
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [['--artifact', 'front=9.9.9'], 2, /9\.9\.9.*1\.1\.0/u],
    [['--artifact', 'front'], 2, /subscription=version/u],
    [['--artifact', 'back=1.0.0'], 2, /front/u],
    [['--alias', 'another'], 5, /new-newt/u],
  ]
  for (const [options, exit, message] of cases) {
    const { code, err } = await gantry.command([...create, ...options])
    assert.equal(code, exit, err)
    assert.match(err, message)
  }
  assert.equal((await gantry.command(['create', 'freight', '--warehouse', 'none'])).code, 4)
  const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
  assert.equal(items.length, before.items.length)
})
