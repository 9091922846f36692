import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { pushSampleImage, startRegistry } from '../../test/servers/registry.ts'
import { createSourceContext } from '../../test/source-context.ts'
import { makeTempFolder } from '../../test/temp-folder.ts'
import type { Json } from '../core/json.ts'
import { silentLogger } from '../core/log.ts'
import { createDigestCache } from '../lib/digest-cache.ts'
import image from './image.ts'

const days = [3, 1, 2, 5, 4]
/** The other way round than by name. */
const newestFirst = ['t4', 't5', 't6', 't7', 't8']
const strategy = { imageSelectionStrategy: 'NewestBuild', cacheByTag: true }

/** A registry with an image for each day, and a source that keeps what it learns of them on disk. */
async function setUp(t: TestContext) {
  const registry = await startRegistry()
  const tools = createSourceContext()
  t.after(async () => {
    await tools.close()
    await registry.close()
  })
  for (const day of days) {
    const created = `2026-01-0${day}T00:00:00Z`
    await pushSampleImage(registry, 'app', `t${9 - day}`, { created })
  }
  const folder = join(makeTempFolder('facts'), 'cache')
  const ctx = { ...tools, cache: createDigestCache({ folder, log: silentLogger }) }
  const repoURL = `${registry.host}/app`
  const look = async (): Promise<string[]> => {
    const { entry } = await image.discover(ctx, { repoURL, ...strategy }, undefined)
    return (entry['references'] as { tag: string }[]).map(({ tag }) => tag)
  }
  const files = async (): Promise<string[]> => {
    const found = await readdir(folder, { recursive: true, withFileTypes: true })
    return found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  }
  return { registry, repoURL, folder, look, files }
}

test('facts on disk that are deleted while looks go on are read again, and nothing else', async (t) => {
  const { registry, folder, look, files } = await setUp(t)
  assert.deepEqual(await look(), newestFirst)
  assert.notEqual((await files()).length, 0)
  registry.log.length = 0
  assert.deepEqual(await look(), newestFirst)
  assert.equal(registry.log.filter(({ path }) => /manifests|blobs/.test(path)).length, 0)
  let isOver = false
  const deleting = (async () => {
    while (!isOver) {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
    }
  })()
  for (let round = 0; round < 10; round += 1) assert.deepEqual(await look(), newestFirst)
  isOver = true
  await deleting
  assert.deepEqual(await look(), newestFirst)
  assert.notEqual((await files()).length, 0)
})

test('facts on disk that were damaged are read again, and decide nothing', async (t) => {
  const { look, files } = await setUp(t)
  const forged = (text: string): string => {
    const { key } = JSON.parse(text) as { key: Json }
    return JSON.stringify({ key, value: { kind: 'other', digest: 'none', createdAtMs: 0 } })
  }
  for (const damage of [
    () => '',
    (text: string) => text.slice(0, text.length / 2),
    () => '\u0000'.repeat(100),
    () => '{"key":"another","value":{"kind":"image"}}',
    forged,
  ]) {
    assert.deepEqual(await look(), newestFirst)
    const names = await files()
    assert.notEqual(names.length, 0)
    for (const name of names) await writeFile(name, damage(await readFile(name, 'utf8')))
    assert.deepEqual(await look(), newestFirst)
  }
})

test('a disk that takes nothing more stops no look', async (t) => {
  const { repoURL, folder, files } = await setUp(t)
  const script = `
    import { createSourceContext } from ${JSON.stringify(join(import.meta.dirname, '../../test/source-context.ts'))}
    import { createDigestCache } from ${JSON.stringify(join(import.meta.dirname, '../lib/digest-cache.ts'))}
    import image from ${JSON.stringify(join(import.meta.dirname, 'image.ts'))}
    const said = []
    const log = { warn: (text, { error }) => said.push(error) }
    const tools = createSourceContext()
    const cache = createDigestCache({ folder: ${JSON.stringify(folder)}, log })
    const subscription = ${JSON.stringify({ repoURL, ...strategy })}
    const tags = []
    for (let round = 0; round < 2; round += 1) {
      const { entry } = await image.discover({ ...tools, cache }, subscription, undefined)
      tags.push(entry.references.map(({ tag }) => tag))
    }
    await tools.close()
    console.log(JSON.stringify({ tags, said }))`
  // Files may be made, and nothing may be written into them: what a full disk does, for this one process.
  const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" --input-type=module --eval "$1"`
  const { stdout } = await promisify(execFile)('sh', ['-c', limited, process.execPath, script], {
    env: { ...process.env, NODE_COMPILE_CACHE: '' },
  })
  const { tags, said } = JSON.parse(stdout) as { tags: string[][]; said: string[] }
  assert.deepEqual(tags, [newestFirst, newestFirst])
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /EFBIG/)
  assert.deepEqual(await files(), [])
})
