import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLogger } from '../core/log.ts'
import { createDigestCache } from './digest-cache.ts'

let root: string
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'digest-cache-'))
})
after(() => rm(root, { recursive: true, force: true }))

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  return names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

test('a fact is found again, also by another process', async () => {
  const folder = join(root, 'a')
  await createDigestCache({ folder, log: silentLogger }).put('k', { n: 1 })
  const again = createDigestCache({ folder, log: silentLogger })
  assert.deepEqual(await again.get('k'), { n: 1 })
  assert.equal(await again.get('other'), undefined)
})

test('a damaged or deleted file is a fact not known', async () => {
  const folder = join(root, 'b')
  const cache = createDigestCache({ folder, log: silentLogger })
  await cache.put('k', { n: 1 })
  const [file = ''] = await filesIn(folder)
  for (const damage of ['', '{', '[]', '{"key":"x","value":{}}']) {
    await writeFile(file, damage)
    assert.equal(await cache.get('k'), undefined, damage)
  }
  await rm(folder, { recursive: true })
  assert.equal(await cache.get('k'), undefined)
  await cache.put('k', { n: 2 })
  assert.deepEqual(await cache.get('k'), { n: 2 })
})

test('a folder that cannot be written costs nothing but the facts, and one line in the log each time', async () => {
  const folder = join(root, 'c')
  const said: string[] = []
  const log = { ...silentLogger, warn: (message: string) => void said.push(message) }
  const cache = createDigestCache({ folder, log })
  for (const round of [1, 2]) {
    await rm(folder, { recursive: true, force: true })
    await writeFile(folder, 'a file where the folder should be')
    for (let n = 0; n < 10; n += 1) await cache.put(`k${n}`, { n })
    assert.equal(await cache.get('k1'), undefined)
    assert.equal(said.length, round)
    await rm(folder)
    await cache.put('k', { n: 1 })
    assert.deepEqual(await cache.get('k'), { n: 1 })
  }
})

test('beyond the limit the oldest facts go', async () => {
  const folder = join(root, 'd')
  const cache = createDigestCache({ folder, log: silentLogger, maxEntries: 50 })
  for (let n = 0; n < 1000; n += 1) await cache.put(`k${n}`, { n })
  assert.equal((await filesIn(folder)).length, 50)
  assert.deepEqual(await cache.get('k999'), { n: 999 })
  assert.equal(await cache.get('k0'), undefined)
})
