import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { startGitSource, type GitSourceWorld } from '../../test/git-source-world.ts'
import { startLyingGit } from '../../test/servers/lying-git.ts'
import type { Discovered } from '../source.ts'

const semver = { commitSelectionStrategy: 'SemVer', strictSemvers: false }
const byDate = { commitSelectionStrategy: 'NewestTag', discoveryLimit: 100 }
const lexical = { commitSelectionStrategy: 'Lexical', discoveryLimit: 100 }

const tagsOf = ({ entry }: Discovered): unknown[] =>
  Array.isArray(entry['commits'])
    ? entry['commits'].map((each) => (each as { tag?: string }).tag)
    : []

/** Refs that git itself would not make, written where it keeps them; each character is one byte. */
async function plant({ server }: GitSourceWorld, id: string, names: readonly string[]) {
  const file = join(server.folder, 'app.git', 'packed-refs')
  const before = await readFile(file, 'latin1').catch(() => '')
  const lines = names.map((name) => `${id} ${name}\n`)
  await writeFile(file, `${before}${lines.join('')}`, 'latin1')
}

const optionLike = [
  '-x',
  '--upload-pack=touch${IFS}pwned',
  '--output=pwned',
  '-oProxyCommand=touch${IFS}pwned',
  '--exec=x',
  '$(touch${IFS}pwned)',
  '`id`',
  ';id;',
  '|id',
  '\'"',
  '%00%0a',
  '@',
  'HEAD',
  '__proto__',
  'constructor',
]

test('S24: tags and branches that look like options or commands are names and nothing else', async (t) => {
  const world = await startGitSource(t)
  const id = world.commit('one')
  world.tag('v1.0.0')
  await world.discover()
  for (const name of optionLike)
    for (const kind of ['heads', 'tags'])
      await world.server.git('app', 'update-ref', `refs/${kind}/${name}`, id)
  world.spawned.length = 0
  for (const rules of [byDate, lexical]) {
    const found = await world.look(rules)
    assert.deepEqual(new Set(tagsOf(found)), new Set([...optionLike, 'v1.0.0']))
    const filtered = await world.look({ ...rules, includePaths: ['file.txt'] })
    assert.deepEqual(tagsOf(filtered), tagsOf(found))
  }
  assert.deepEqual(tagsOf(await world.look(semver)), ['v1.0.0'])
  assert.deepEqual((await world.look()).entry['observedRefs'], { branchHead: id })
  // No command was ever told a name: commits are asked for by their ids.
  const words = world.spawned.flatMap(({ args }) => args)
  for (const name of optionLike.filter((each) => each.length > 4))
    assert.ok(!words.some((word) => word.includes(name)), name)
})

test('names that are no UTF-8, or hold control characters, are passed over; all else is found', async (t) => {
  const world = await startGitSource(t)
  const id = world.commit('one')
  world.tag('v1.0.0')
  await world.discover()
  // Two that would look the same, one of them the better version.
  await plant(world, id, ['refs/tags/v9.0.0-\xff', 'refs/tags/v9.0.0-\xfe', 'refs/heads/\xc3\x28'])
  await plant(world, id, ['refs/tags/v2.0.0-\xc3\xa9', 'refs/tags/v3.0.0-a\xc2\x9bb'])
  assert.deepEqual(tagsOf(await world.look(semver)), ['v1.0.0'])
  assert.deepEqual(tagsOf(await world.look(lexical)), ['v2.0.0-é', 'v1.0.0'])
  assert.deepEqual(new Set(tagsOf(await world.look(byDate))), new Set(['v1.0.0', 'v2.0.0-é']))
})

test('a name that is too long to be kept here stops nothing, now and after the next push', async (t) => {
  const world = await startGitSource(t)
  const id = world.commit('one')
  world.tag('v1.0.0')
  await world.discover()
  const long = `refs/tags/v2.0.0-${'a'.repeat(300)}`
  await plant(world, id, [long, `refs/heads/${'b/'.repeat(50)}c`])
  assert.deepEqual(tagsOf(await world.look(semver)), [long.slice('refs/tags/'.length), 'v1.0.0'])
  const next = await world.server.commit('app', 'main', { f: '2' })
  const { entry } = await world.look()
  assert.deepEqual(entry['observedRefs'], { branchHead: next })
})

async function lieAbout(t: TestContext, world: GitSourceWorld, names: readonly string[]) {
  const id = (await world.server.git('app', 'rev-parse', 'main')).trim()
  const lying = await startLyingGit(
    world.server.port,
    names.map((name) => ({ id, name })),
  )
  t.after(() => lying.close())
  return lying.through(world.repoURL)
}

test('S24: a server that lists what no git can store is believed nothing of it', async (t) => {
  const world = await startGitSource(t)
  const id = world.commit('one')
  world.tag('v1.0.0')
  await world.discover()
  const repoURL = await lieAbout(t, world, [
    'refs/heads/../../../../pwned',
    'refs/heads/../x',
    'refs/tags/v9.0.0-..',
    'refs/tags/v9.0.0-\x1b[31m',
    'refs/tags/v9.0.0-a\rb',
    'refs/tags/z..z',
    'refs/tags/.z',
    'refs/heads/a\\b',
    'refs/heads/main/below',
    'refs/heads/x.lock',
    'refs/elsewhere/x',
  ])
  const { entry } = await world.look({ repoURL })
  assert.deepEqual(entry['observedRefs'], { branchHead: id })
  for (const rules of [semver, lexical])
    assert.deepEqual(tagsOf(await world.look({ repoURL, ...rules })), ['v1.0.0'])
})

test('S35: hostile authors and subjects are text, of bounded length', async (t) => {
  const world = await startGitSource(t)
  world.commit('one')
  await world.discover()
  const long = 'm'.repeat(1024 * 1024)
  const raw = (subject: string, author: string): Buffer =>
    Buffer.from(
      [
        'commit refs/heads/main\n',
        `author ${author} <a@example.com> 1700000100 +0000\n`,
        'committer C <c@example.com> 1700000100 +0000\n',
        `data ${Buffer.byteLength(subject, 'latin1')}\n${subject}\n`,
        'from refs/heads/main^0\n',
        'M 100644 inline f\ndata 1\nx\n\n',
      ].join(''),
      'latin1',
    )
  await world.server.fastImport('app', raw('\x1b[31mred\x1b[0m \x07', '\x1b]0;title\x07'))
  await world.server.fastImport('app', raw('invalid \xff\xfe bytes', 'Zo\xeb'))
  for (let n = 0; n < 6; n += 1) await world.server.fastImport('app', raw(long, 'n'.repeat(20_000)))
  await world.server.fastImport('app', raw('last', 'Ada'))
  const { entry } = await world.look({ discoveryLimit: 20 })
  const commits = entry['commits'] as unknown as { subject?: string; author: string }[]
  assert.equal(commits.length, 10)
  assert.equal(commits[0]?.subject, 'last')
  assert.equal(commits[1]?.subject, `${'m'.repeat(80)}...`)
  assert.equal(commits[7]?.subject, 'invalid \ufffd\ufffd bytes')
  assert.equal(commits[9]?.subject, 'one')
  for (const { author } of commits) assert.ok(author.length < 300)
  assert.ok(JSON.stringify(entry).length < 20_000)
  const filter = { expressionFilter: "!(subject contains 'mmm')", discoveryLimit: 3 }
  const kept = (await world.look(filter)).entry['commits'] as unknown as { subject?: string }[]
  assert.deepEqual([kept[0]?.subject, kept.length], ['last', 3])
})

test('S4: a filter that takes its time for each commit or tag keeps nobody else waiting', async (t) => {
  const world = await startGitSource(t)
  for (let count = 0; count < 20; count += 1) {
    world.commit(`commit ${count}`)
    world.tag(`v1.${count}.0`)
  }
  await world.discover()
  const expressionFilter = 'count(1..50, count(1..600, # == 0) == 7) == 1'
  for (const rules of [{ discoveryLimit: 20 }, { ...byDate, discoveryLimit: 20 }]) {
    let isOver = false
    let longestMs = 0
    const started = performance.now()
    const look = world.look({ ...rules, expressionFilter }).finally(() => (isOver = true))
    for (let last = started; !isOver; last = performance.now()) {
      await nextTurn()
      longestMs = Math.max(longestMs, performance.now() - last)
    }
    assert.deepEqual((await look).entry['commits'], [])
    assert.ok(longestMs < (performance.now() - started) / 3, `${longestMs} ms`)
  }
})
