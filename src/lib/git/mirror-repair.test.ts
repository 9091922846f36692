import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { layOutRepository } from './bare.ts'
import type { Mirrors } from './mirrors.ts'

const { signal } = new AbortController()

/** A mirror of two packs, that nobody has lent. */
async function setUp(t: TestContext) {
  const server = await startGitServer()
  t.after(server.close)
  const repoURL = await server.createRepo('app', { f: 'x'.repeat(5000) }, { history: 5 })
  const parts = await makeGitParts(t)
  const request = { project: 'demo', repoURL, insecureSkipTLSVerify: false, signal }
  const first = await parts.mirrors.borrow(request)
  await first.release()
  const id = await server.commit('app', 'main', { other: '1' }, 'second')
  await (await parts.mirrors.borrow(request)).release()
  return { ...parts, server, request, id, gitDir: first.gitDir }
}

async function eachPack(gitDir: string, act: (path: string) => Promise<void>): Promise<void> {
  const folder = join(gitDir, 'objects', 'pack')
  for (const name of await readdir(folder)) {
    await chmod(join(folder, name), 0o600)
    await act(join(folder, name))
  }
}

const damages: readonly (readonly [string, (gitDir: string) => Promise<void>])[] = [
  [
    'a pack cut in half',
    (gitDir) =>
      eachPack(gitDir, async (path) => {
        if (path.endsWith('.pack')) await truncate(path, Math.floor((await stat(path)).size / 2))
      }),
  ],
  [
    'a pack with other bytes in it',
    (gitDir) =>
      eachPack(gitDir, async (path) => {
        if (!path.endsWith('.pack')) return
        const bytes = await readFile(path)
        await writeFile(path, bytes.fill(0x5a, 12, bytes.length - 20))
      }),
  ],
  [
    'a pack without its index',
    (gitDir) => eachPack(gitDir, async (path) => (path.endsWith('.idx') ? rm(path) : undefined)),
  ],
  [
    'an index without its pack',
    (gitDir) => eachPack(gitDir, async (path) => (path.endsWith('.pack') ? rm(path) : undefined)),
  ],
  [
    'half of its packs',
    async (gitDir) => {
      const packs = join(gitDir, 'objects', 'pack')
      const names = (await readdir(packs)).filter((name) => name.endsWith('.pack'))
      const times = await Promise.all(
        names.map(async (name) => ({ name, at: (await stat(join(packs, name))).mtimeMs })),
      )
      const [oldest] = times.sort((a, b) => a.at - b.at)
      for (const end of ['pack', 'idx'])
        await rm(join(packs, (oldest?.name ?? '').replace(/pack$/u, end)))
    },
  ],
  [
    'an index that is cut',
    (gitDir) =>
      eachPack(gitDir, async (path) => (path.endsWith('.idx') ? truncate(path, 100) : undefined)),
  ],
  ['no references', (gitDir) => rm(join(gitDir, 'refs', 'heads'), { recursive: true })],
  [
    'a broken reference',
    (gitDir) => writeFile(join(gitDir, 'refs', 'heads', 'main'), 'nonsense\n'),
  ],
  ['a broken HEAD', (gitDir) => writeFile(join(gitDir, 'HEAD'), 'nonsense\n')],
  ['a broken config', (gitDir) => writeFile(join(gitDir, 'config'), '[[nonsense\n')],
  ['an empty config', (gitDir) => writeFile(join(gitDir, 'config'), '')],
]

async function checkAndGoOn(world: Awaited<ReturnType<typeof setUp>>, mirrors: Mirrors) {
  const { server, id, request } = world
  const lease = await mirrors.open({ ...request, wanted: [id] })
  assert.match(
    await lease.git(['log', '--format=%s', id], { signal }),
    /^second\ninitial\nchange 4\n/u,
  )
  assert.equal((await lease.git(['cat-file', 'blob', `${id}:f`], { signal })).length, 5000)
  await lease.release()
  const next = await server.commit('app', 'main', { f: '2' })
  const later = await mirrors.open({ ...request, wanted: [next] })
  assert.equal(await later.git(['cat-file', '-t', next], { signal }), 'commit\n')
  await later.release()
}

for (const [what, damage] of damages)
  test(`a mirror with ${what} mends itself`, async (t) => {
    const world = await setUp(t)
    await damage(world.gitDir)
    await checkAndGoOn(world, world.mirrors)
  })

test('a mirror that was damaged while nothing ran mends itself', async (t) => {
  const world = await setUp(t)
  await world.mirrors.close()
  await damages[0]?.[1](world.gitDir)
  const next = await makeGitParts(t, { mirrors: { folder: join(world.gitDir, '..') } })
  await checkAndGoOn(world, next.mirrors)
})

test('many who read a damaged mirror at the same time all get their answer, of one fetch', async (t) => {
  const { server, mirrors, request, id, gitDir } = await setUp(t)
  await damages[0]?.[1](gitDir)
  const leases = await Promise.all(
    Array.from({ length: 20 }, () => mirrors.open({ ...request, wanted: [id] })),
  )
  server.requests.length = 0
  const answers = await Promise.all(
    leases.map(({ git }, n) => git(['log', `--max-count=${n + 1}`, '--format=%s', id], { signal })),
  )
  assert.deepEqual(new Set(answers.map((answer) => answer.split('\n')[0])), new Set(['second']))
  assert.equal(server.requests.filter(({ phase }) => phase === 'rpc').length, 1)
})

test('a mirror that is damaged under a checkout is made anew, unless another one uses it', async (t) => {
  const { capability, request, gitDir, folder, id } = await setUp(t)
  const lease = await capability.borrow(request)
  const other = await capability.borrow(request)
  const checkout = join(folder, 'checkout')
  await layOutRepository(checkout, { head: id, borrowFrom: join(gitDir, 'objects') })
  await damages[0]?.[1](gitDir)
  const read = () =>
    capability.run({ args: ['cat-file', 'blob', 'HEAD:f'], gitDir: checkout, signal })
  await assert.rejects(read(), { code: 'Unavailable' })
  await other.release()
  assert.equal((await read()).stdout.length, 5000)
  await lease.release()
})

const cutOff: readonly (readonly [string, (gitDir: string) => Promise<void>])[] = [
  ['nothing but folders', async (gitDir) => rm(join(gitDir, 'HEAD'))],
  ['no configuration', (gitDir) => rm(join(gitDir, 'config'))],
  ['an empty HEAD', (gitDir) => writeFile(join(gitDir, 'HEAD'), '')],
  ['no folder for references', (gitDir) => rm(join(gitDir, 'refs'), { recursive: true })],
]

for (const [what, damage] of cutOff)
  test(`promotions that begin together get their mirror where a killed process left ${what}`, async (t) => {
    const world = await setUp(t)
    await world.mirrors.close()
    await damage(world.gitDir)
    const folder = join(world.gitDir, '..')
    const next = await makeGitParts(t, { mirrors: { folder } })
    const leases = await Promise.all(
      Array.from({ length: 3 }, () => next.capability.borrow(world.request)),
    )
    for (const { gitDir } of leases) {
      const args = ['cat-file', 'blob', `${world.id}:f`]
      assert.equal((await next.capability.run({ args, gitDir, signal })).stdout.length, 5000)
    }
    for (const lease of leases) await lease.release()
    await next.mirrors.close()
  })

test('a commit that is not there is no damage: nothing is fetched anew', async (t) => {
  const { server, mirrors, request, id } = await setUp(t)
  const lease = await mirrors.open({ ...request, wanted: [id] })
  server.requests.length = 0
  await assert.rejects(lease.git(['log', '1'.repeat(40)], { signal }), { code: 'Internal' })
  assert.deepEqual(server.requests, [])
})

test('what a killed process did not get to remove is removed by the next', async (t) => {
  const { mirrors, gitDir } = await setUp(t)
  await mirrors.close()
  await mkdir(`${gitDir}.trash/objects`, { recursive: true })
  const folder = join(gitDir, '..')
  const next = await makeGitParts(t, { mirrors: { folder } })
  await next.mirrors.close()
  assert.deepEqual(await readdir(folder), [basename(gitDir)])
})
