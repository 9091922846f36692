import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  startGitSource,
  type FoundCommit,
  type GitSourceWorld,
} from '../../test/git-source-world.ts'
import type { Discovered } from '../source.ts'

const commitsOf = ({ entry }: Discovered): FoundCommit[] =>
  entry['commits'] as unknown as FoundCommit[]
const subjectsOf = (found: Discovered): unknown[] => commitsOf(found).map(({ subject }) => subject)
const tagsOf = (found: Discovered): unknown[] => commitsOf(found).map(({ tag }) => tag)
const headOf = ({ entry }: Discovered): unknown => entry['observedRefs']

const fetches = ({ spawned }: GitSourceWorld): number =>
  spawned.filter(({ args }) => args.includes('fetch')).length
const lists = ({ spawned }: GitSourceWorld): number =>
  spawned.filter(({ args }) => args.includes('ls-remote')).length

test('a look lists the refs once, whether there is something new or not', async (t) => {
  const world = await startGitSource(t)
  world.commit('one')
  for (const rules of [{}, { commitSelectionStrategy: 'SemVer' }]) {
    world.commit('next')
    world.tag(`v1.0.${lists(world)}`)
    world.spawned.length = 0
    const found = await world.discover(rules)
    assert.equal(lists(world), 1)
    await world.look(rules, found)
    assert.equal(lists(world), 2)
  }
})

test('100,000 tags: one list, one fetch of what is new, one file; no change costs a list', async (t) => {
  const world = await startGitSource(t)
  const { server } = world
  const repoURL = await server.createRepo('big', { f: '1' }, { history: 50 })
  const ids = (await server.git('big', 'log', '--format=%H')).trim().split('\n')
  const write = async (count: number): Promise<void> => {
    const names = Array.from(
      { length: count },
      (_, n) => `refs/tags/v1.${n % 1000}.${Math.floor(n / 1000)}`,
    )
    const lines = names.map((name, n) => `${ids[n % ids.length] ?? ''} ${name}\n`)
    await writeFile(join(server.folder, 'big.git', 'packed-refs'), lines.join(''))
  }
  await write(100_000)
  const semver = { repoURL, commitSelectionStrategy: 'SemVer', discoveryLimit: 3 }
  const found = await world.look(semver)
  assert.deepEqual(tagsOf(found), ['v1.999.99', 'v1.999.98', 'v1.999.97'])
  // The status stays small.
  assert.equal(headOf(found), undefined)
  assert.deepEqual([lists(world), fetches(world)], [1, 1])
  const [mirror = ''] = await readdir(join(world.folder, 'mirrors'))
  assert.deepEqual(await readdir(join(world.folder, 'mirrors', mirror, 'refs', 'tags')), [])

  world.spawned.length = 0
  assert.deepEqual(await world.look(semver, found), found)
  assert.deepEqual(
    world.spawned.map(({ args }) => args.includes('ls-remote')),
    [true],
  )

  // One more, of a commit that is not here yet.
  const id = await server.commit('big', 'main', { f: '2' })
  await server.git('big', 'tag', 'v2.0.0', id)
  world.spawned.length = 0
  assert.deepEqual(tagsOf(await world.look(semver, found)), ['v2.0.0', 'v1.999.99', 'v1.999.98'])
  assert.deepEqual([lists(world), fetches(world)], [1, 1])
  const newest = { ...semver, commitSelectionStrategy: 'NewestTag', discoveryLimit: 1 }
  assert.deepEqual(tagsOf(await world.look(newest)), ['v2.0.0'])
})

test('the default branch is renamed while nobody named it', async (t) => {
  const world = await startGitSource(t)
  world.commit('one')
  const first = await world.discover()
  await world.server.git('app', 'branch', '-m', 'main', 'trunk')
  const renamed = await world.look({}, first)
  assert.deepEqual(headOf(renamed), headOf(first))
  const id = await world.server.commit('app', 'trunk', { f: '2' })
  assert.deepEqual(headOf(await world.look({}, renamed)), { branchHead: id })
  await assert.rejects(world.look({ branch: 'main' }), { code: 'NotFound' })
  // A HEAD that stands for nothing: there is no default branch to follow.
  await world.server.git('app', 'symbolic-ref', 'HEAD', 'refs/heads/gone')
  await assert.rejects(world.look({}, renamed), { code: 'NotFound' })
  assert.deepEqual(headOf(await world.look({ branch: 'trunk' })), { branchHead: id })
})

test('a repository is emptied, deleted and made again at the same address', async (t) => {
  const world = await startGitSource(t)
  const { server } = world
  world.commit('one')
  world.tag('v1.0.0')
  const semver = { commitSelectionStrategy: 'SemVer' }
  const first = await world.discover()
  const tags = await world.look(semver)
  for (const ref of ['refs/heads/main', 'refs/tags/v1.0.0'])
    await server.git('app', 'update-ref', '-d', ref)
  assert.deepEqual(commitsOf(await world.look({}, first)), [])
  assert.deepEqual(commitsOf(await world.look(semver, tags)), [])
  await rm(join(server.folder, 'app.git'), { recursive: true })
  await assert.rejects(world.look({}, first), { code: 'NotFound' })
  await server.createRepo('app', { f: 'anew' })
  const again = await world.look({}, first)
  assert.deepEqual(subjectsOf(again), ['initial'])
  // What stood before under the same name of a tag is not taken for the new one.
  await server.git('app', 'tag', 'v1.0.0', 'main')
  assert.deepEqual(commitsOf(await world.look(semver, tags))[0]?.id, commitsOf(again)[0]?.id)
})

test('a history that was rewritten, repacked and pruned is followed, with and without a path filter', async (t) => {
  const world = await startGitSource(t)
  for (const n of [1, 2, 3]) world.commit(`old ${n}`, `charts/${n}`)
  world.tag('v1.0.0', 'the first')
  const filtered = { includePaths: ['charts'] }
  const semver = { commitSelectionStrategy: 'SemVer' }
  const before = await world.discover()
  const [paths, tags] = [await world.look(filtered), await world.look(semver)]
  world.inTree('checkout', '--quiet', '--orphan', 'fresh')
  world.commit('new', 'charts/new')
  world.inTree('branch', '-M', 'fresh', 'main')
  world.inTree('tag', '-f', '-a', '-m', 'moved', 'v1.0.0')
  world.inTree('push', '--quiet', '--mirror', join(world.server.folder, 'app.git'))
  await world.server.git('app', 'reflog', 'expire', '--expire=now', '--all')
  await world.server.git('app', 'gc', '--quiet', '--prune=now')
  await assert.rejects(world.server.git('app', 'cat-file', '-e', commitsOf(before)[0]?.id ?? ''))
  assert.deepEqual(subjectsOf(await world.look({}, before)), ['new'])
  assert.deepEqual(subjectsOf(await world.look(filtered, paths)), ['new'])
  assert.deepEqual(subjectsOf(await world.look(semver, tags)), ['new'])
})

test('a tag that came later than the mirror is found when a better one turns out to be no commit', async (t) => {
  const world = await startGitSource(t)
  world.commit('one')
  world.tag('v2.0.0')
  const semver = { commitSelectionStrategy: 'SemVer', discoveryLimit: 1 }
  assert.deepEqual(tagsOf(await world.discover(semver)), ['v2.0.0'])
  const blob = world.inTree('rev-parse', 'HEAD:file.txt')
  world.inTree('tag', '-f', 'v2.0.0', blob)
  world.commit('two')
  world.tag('v1.0.0')
  assert.deepEqual(tagsOf(await world.discover(semver)), ['v1.0.0'])
})

test('a commit of very many files stops no path filter', async (t) => {
  const world = await startGitSource(t)
  world.commit('one')
  await world.discover()
  const name = 'x'.repeat(180)
  const files = Array.from({ length: 30_000 }, (_, n) => [`docs/${name}/${n}`, ''] as const)
  await world.server.commit('app', 'main', Object.fromEntries(files), 'very many')
  await world.server.commit('app', 'main', { 'charts/a': '1' }, 'wanted')
  assert.deepEqual(subjectsOf(await world.look({ includePaths: ['charts'] })), ['wanted'])
  await world.server.git('app', 'tag', 'v1.0.0', 'main')
  await world.server.git('app', 'tag', 'v1.1.0', 'main~1')
  const semver = { commitSelectionStrategy: 'SemVer', includePaths: ['charts'] }
  assert.deepEqual(tagsOf(await world.look(semver)), ['v1.0.0'])
})

test('a repository that moves on, and back, is followed each time', async (t) => {
  const world = await startGitSource(t)
  const { server } = world
  world.commit('one')
  await world.discover()
  const at = (name: string): string => join(server.folder, `${name}.git`)
  const move = async (from: string, to: string): Promise<string> => {
    await rename(at(from), at(to))
    server.redirects.delete(to)
    server.redirects.set(from, to)
    return server.commit(to, 'main', { f: to })
  }
  // Each leads only to the next: the second move is two redirects away.
  for (const [from, to] of [
    ['app', 'second'],
    ['second', 'third'],
    ['third', 'app'],
  ] as const) {
    const id = await move(from, to)
    assert.deepEqual(headOf(await world.look()), { branchHead: id })
    server.requests.length = 0
    await world.look()
    // The way is remembered: nothing is asked of addresses that lead elsewhere.
    assert.deepEqual([...new Set(server.requests.map(({ repo }) => repo))], [to])
  }
  await rm(at('app'), { recursive: true })
  server.redirects.set('app', 'app')
  await assert.rejects(world.look(), { code: 'Unreachable' })
})

test('a repository of another object format at the same address is found, also by tags', async (t) => {
  const world = await startGitSource(t)
  world.commit('one')
  const first = await world.discover()
  const dir = join(world.server.folder, 'app.git')
  await rm(dir, { recursive: true })
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', '--object-format=sha256', dir])
  const id = await world.server.commit('app', 'main', { f: '1' }, 'longer')
  await world.server.git('app', 'tag', 'v1.0.0', id)
  assert.deepEqual(headOf(await world.look({}, first)), { branchHead: id })
  assert.deepEqual(subjectsOf(await world.look({ commitSelectionStrategy: 'Lexical' })), ['longer'])
})
