import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGitSource, type FoundCommit } from '../../test/git-source-world.ts'
import type { JsonObject } from '../core/json.ts'
import type { Discovered } from '../source.ts'
import gitSource from './git.ts'

const repoURL = 'https://git.example.com/team/app.git'

test('NewestFromBranch is the default: the default branch, newest first', async (t) => {
  const { server, clock, commit, discover, subjects } = await startGitSource(t)
  commit('one')
  const id = commit('two')
  const { entry } = await discover()
  assert.equal(entry['repoURL'], server.repoURL('app'))
  assert.deepEqual(entry['observedRefs'], { branchHead: id })
  assert.deepEqual((entry['commits'] as unknown as FoundCommit[])[0], {
    id,
    subject: 'two',
    author: 'Ada <ada@example.com>',
    committer: 'Carl <carl@example.com>',
    creatorDate: new Date(clock.seconds * 1000).toISOString().replace('.000Z', 'Z'),
  })
  assert.deepEqual(await subjects(), ['two', 'one'])
})

test('a named branch is followed, and noted with its commits', async (t) => {
  const { inTree, commit, commits } = await startGitSource(t)
  commit('on main')
  inTree('checkout', '--quiet', '-b', 'release/1.x')
  commit('on release')
  inTree('checkout', '--quiet', 'main')
  const [first] = await commits({ branch: 'release/1.x' })
  assert.equal(first?.subject, 'on release')
  assert.equal(first.branch, 'release/1.x')
})

test('a branch that is not there is NotFound, an empty repository an empty result', async (t) => {
  const { commit, discover, commits } = await startGitSource(t)
  assert.deepEqual(await commits(), [])
  commit('one')
  await assert.rejects(discover({ branch: 'absent' }), { code: 'NotFound' })
})

test('the limit, and history along first parents only', async (t) => {
  const { clock, inTree, commit, subjects } = await startGitSource(t)
  commit('base')
  inTree('checkout', '--quiet', '-b', 'side')
  commit('on the side', 'side.txt')
  inTree('checkout', '--quiet', 'main')
  commit('on main')
  clock.seconds += 60
  inTree('merge', '--quiet', '--no-ff', '-m', 'merge it', 'side')
  assert.deepEqual(await subjects(), ['merge it', 'on main', 'base'])
  assert.deepEqual(await subjects({ discoveryLimit: 2 }), ['merge it', 'on main'])
})

test('nothing before `since`', async (t) => {
  const { clock, commit, subjects } = await startGitSource(t)
  commit('old')
  const since = new Date((clock.seconds + 30) * 1000).toISOString()
  commit('new')
  assert.deepEqual(await subjects({ since }), ['new'])
})

test('a long subject is cut at 80 characters', async (t) => {
  const { commit, subjects } = await startGitSource(t)
  commit('é'.repeat(81))
  assert.deepEqual(await subjects(), [`${'é'.repeat(80)}...`])
  commit('é'.repeat(80))
  assert.deepEqual((await subjects())[0], 'é'.repeat(80))
})

test('only commits that change a wanted path count, deep in the history too', async (t) => {
  const { commit, subjects } = await startGitSource(t)
  commit('wanted 1', 'charts/app/values.yaml')
  for (let n = 0; n < 30; n += 1) commit(`noise ${n}`, `docs/${n}.md`)
  commit('wanted 2', 'charts/app/Chart.yaml')
  commit('excluded', 'charts/app/README.md')
  const rules = { includePaths: ['charts/app'], excludePaths: ['glob:**/*.md'], discoveryLimit: 2 }
  assert.deepEqual(await subjects(rules), ['wanted 2', 'wanted 1'])
})

test('a rename counts for both paths, a merge for what it brings to its first parent', async (t) => {
  const { repo, clock, inTree, commit, subjects } = await startGitSource(t)
  commit('add', 'old/a b "ü".txt')
  clock.seconds += 60
  mkdirSync(join(repo, 'new'))
  inTree('mv', 'old/a b "ü".txt', 'new/name.txt')
  inTree('commit', '--quiet', '-m', 'rename')
  inTree('checkout', '--quiet', '-b', 'side')
  commit('on the side', 'side/x.txt')
  inTree('checkout', '--quiet', 'main')
  commit('unrelated', 'other.txt')
  clock.seconds += 60
  inTree('merge', '--quiet', '--no-ff', '-m', 'merge', 'side')
  assert.deepEqual(await subjects({ includePaths: ['old'] }), ['rename', 'add'])
  assert.deepEqual(await subjects({ includePaths: ['regex:^old/a b "ü"\\.txt$'] }), [
    'rename',
    'add',
  ])
  assert.deepEqual(await subjects({ includePaths: ['new'] }), ['rename'])
  assert.deepEqual(await subjects({ includePaths: ['side'] }), ['merge'])
})

test('refs that did not change cost no clone', async (t) => {
  const { server, commit, tag, discover } = await startGitSource(t)
  commit('one')
  tag('v1.0.0')
  for (const more of [{}, { commitSelectionStrategy: 'SemVer' }]) {
    const first = await discover(more)
    const asked = server.requests.length
    assert.deepEqual(await discover(more, first), first)
    const phases = server.requests.slice(asked).map(({ phase }) => phase)
    assert.deepEqual(phases, ['refs'])
  }
  const before = await discover()
  commit('two')
  assert.notDeepEqual(await discover({}, before), before)
})

test('SemVer: the best version first, annotated or not', async (t) => {
  const { commit, tag, commits, tags } = await startGitSource(t)
  const id = commit('one')
  tag('v1.9.0')
  tag('v1.10.0', 'the annotation')
  tag('v2.0.0-rc.1')
  tag('nightly')
  tag('1.2')
  const semver = { commitSelectionStrategy: 'SemVer' }
  assert.deepEqual(await tags(semver), ['v2.0.0-rc.1', 'v1.10.0', 'v1.9.0'])
  const [best] = await commits({ ...semver, semverConstraint: '^1.0.0' })
  assert.equal(best?.id, id)
  assert.equal(best.tag, 'v1.10.0')
  assert.equal(best.subject, 'one')
  assert.deepEqual(await tags({ ...semver, strictSemvers: false, semverConstraint: '~1.2' }), [
    '1.2',
  ])
})

test('the observed tags are those that the names let through, by name', async (t) => {
  const { inTree, commit, tag, discover } = await startGitSource(t)
  const id = commit('one')
  tag('v2.0.0')
  tag('v1.0.0', 'annotated')
  tag('nightly')
  const { entry } = await discover({ commitSelectionStrategy: 'SemVer' })
  assert.deepEqual(entry['observedRefs'], {
    tags: [
      { name: 'v1.0.0', id: inTree('rev-parse', 'v1.0.0') },
      { name: 'v2.0.0', id },
    ],
  })
})

test('Lexical: by bytes; NewestTag: by when the tag was made', async (t) => {
  const { inTree, commit, tag, tags } = await startGitSource(t)
  commit('one')
  tag('b')
  commit('two')
  tag('a')
  inTree('checkout', '--quiet', 'HEAD~1')
  tag('made-last', 'an annotated tag of the older commit')
  assert.deepEqual(await tags({ commitSelectionStrategy: 'Lexical' }), ['made-last', 'b', 'a'])
  const newest = { commitSelectionStrategy: 'NewestTag' }
  assert.deepEqual(await tags(newest), ['made-last', 'a', 'b'])
  assert.deepEqual(await tags({ ...newest, discoveryLimit: 1 }), ['made-last'])
})

test('tags are let through by name, and by the paths of the tagged commit alone', async (t) => {
  const { commit, tag, tags } = await startGitSource(t)
  commit('one', 'charts/x')
  tag('v1.0.0')
  commit('two', 'docs/x')
  tag('v1.1.0')
  commit('three', 'charts/y')
  tag('v1.2.0-debug')
  tag('v1.2.0')
  const semver = { commitSelectionStrategy: 'SemVer', ignoreTagsRegexes: ['debug$'] }
  assert.deepEqual(await tags({ ...semver, includePaths: ['charts'] }), ['v1.2.0', 'v1.0.0'])
  assert.deepEqual(await tags({ ...semver, allowTagsRegexes: ['1\\.1'] }), ['v1.1.0'])
})

test('an expression lets commits through by what is known of them', async (t) => {
  const { commit, subjects, discover } = await startGitSource(t)
  commit('feat: one')
  commit('chore: noise')
  commit('feat: two')
  const only = (expressionFilter: string): Promise<(string | undefined)[]> =>
    subjects({ expressionFilter })
  assert.deepEqual(await only("subject startsWith 'feat:'"), ['feat: two', 'feat: one'])
  assert.deepEqual(await only("!(subject contains 'noise') && author == 'Ada <ada@example.com>'"), [
    'feat: two',
    'feat: one',
  ])
  assert.deepEqual(await only('commitDate.Year() < 2000'), [])
  assert.deepEqual(await only("committer contains 'carl' ? 'TRUE' : 'f'"), [
    'feat: two',
    'chore: noise',
    'feat: one',
  ])
  await assert.rejects(discover({ expressionFilter: 'subject + 1' }), { code: 'Invalid' })
  await assert.rejects(discover({ expressionFilter: 'subject' }), { code: 'Invalid' })
})

test('an expression lets tags through, before the limit', async (t) => {
  const { commit, tag, tags } = await startGitSource(t)
  commit('one')
  tag('v1.0.0', 'release: first')
  tag('v1.1.0', 'internal')
  tag('v1.2.0')
  tag('v1.3.0', 'release: second\n\nwith more text')
  const semver = { commitSelectionStrategy: 'SemVer', discoveryLimit: 2 }
  const byAnnotation = { ...semver, expressionFilter: "annotation startsWith 'release'" }
  assert.deepEqual(await tags(byAnnotation), ['v1.3.0', 'v1.0.0'])
  assert.deepEqual(await tags({ ...semver, expressionFilter: "tagger == ''" }), ['v1.2.0'])
  assert.deepEqual(await tags({ ...semver, expressionFilter: "tag matches '1.[01]'" }), [
    'v1.1.0',
    'v1.0.0',
  ])
  const exact = "annotation == 'release: second' && creatorDate.Year() == 2023 && subject == 'one'"
  assert.deepEqual(await tags({ ...semver, expressionFilter: exact }), ['v1.3.0'])
})

test('a tag of something that is no commit is passed over', async (t) => {
  const { inTree, commit, tag, tags } = await startGitSource(t)
  commit('one')
  tag('v1.0.0')
  inTree('tag', 'v3.0.0', inTree('rev-parse', 'HEAD:file.txt'))
  inTree('tag', '-a', '-m', 'of a folder', 'v2.0.0', inTree('rev-parse', 'HEAD^{tree}'))
  const semver = { commitSelectionStrategy: 'SemVer', discoveryLimit: 1 }
  assert.deepEqual(await tags(semver), ['v1.0.0'])
  assert.deepEqual(await tags({ commitSelectionStrategy: 'NewestTag' }), ['v1.0.0'])
})

test('many tags of one commit are all found', async (t) => {
  const { commit, tag, tags } = await startGitSource(t)
  commit('one')
  for (let n = 0; n < 30; n += 1) tag(`v1.0.${n}`, n % 2 === 0 ? `number ${n}` : undefined)
  const found = await tags({ commitSelectionStrategy: 'SemVer', discoveryLimit: 30 })
  assert.equal(found.length, 30)
  assert.equal(found[0], 'v1.0.29')
})

test('the deprecated allowTags and ignoreTags fail the discovery by tags', async (t) => {
  const { commit, discover } = await startGitSource(t)
  commit('one')
  const semver = { commitSelectionStrategy: 'SemVer' }
  await assert.rejects(discover({ ...semver, allowTags: '^v' }), { code: 'Invalid' })
  await assert.rejects(discover({ ...semver, ignoreTags: ['v1'] }), { code: 'Invalid' })
})

test('what a schema cannot say is checked', () => {
  assert.deepEqual(gitSource.check({ repoURL, since: '2026-01-01T00:00:00Z' }), [])
  const bad: readonly JsonObject[] = [
    { commitSelectionStrategy: 'SemVer', semverConstraint: 'one' },
    { commitSelectionStrategy: 'NewestTag', allowTagsRegexes: ['('] },
    { commitSelectionStrategy: 'Lexical', ignoreTagsRegexes: ['('] },
    { commitSelectionStrategy: 'SemVer', allowTags: '^v' },
    { includePaths: ['regex:('] },
    { excludePaths: ['glob:['] },
    { since: 'yesterday' },
    { expressionFilter: 'subject ==' },
  ]
  for (const more of bad) assert.equal(gitSource.check({ repoURL, ...more }).length, 1)
})

test('the schema takes http, ssh and scp addresses, and nothing that git could take for an option', () => {
  const isGood = (url: string): boolean =>
    gitSource.subscription.safeParse({ repoURL: url }).success
  for (const good of [
    repoURL,
    'http://127.0.0.1:3000/a.git',
    'http://[::1]:3000/a.git',
    'ssh://git@host:22/a/b.git',
    'git@github.com:team/app.git',
    'https://user:pass@host/a',
  ])
    assert.equal(isGood(good), true, good)
  for (const bad of [
    '',
    '--upload-pack=x',
    'ext::sh -c x',
    'file:///etc',
    '/etc',
    'https://host',
    'a b',
  ])
    assert.equal(isGood(bad), false, bad)
  const branch = { repoURL, branch: '--force' }
  assert.equal(gitSource.subscription.safeParse(branch).success, false)
})

test('an address of the wrong kind names the right one, and a credential in one is refused', () => {
  const said = (url: string): string =>
    gitSource.subscription.safeParse({ repoURL: url }).error?.issues[0]?.message ?? ''
  assert.match(said('oci://example.com/charts/app'), /`chart`/)
  assert.match(said('https://'), /https:\/\/host\/path/)
  for (const image of ['ghcr.io/team/app', 'nginx:1.27', 'example.com:5000/app'])
    assert.match(said(image), /`image`/)
  for (const url of [
    'https://u:canary-81@example.com/a',
    `https://${'t'.repeat(40)}@example.com/a`,
  ]) {
    const [problem = '', ...others] = gitSource.check({ repoURL: url })
    assert.match(problem, /^repoURL: /)
    assert.doesNotMatch(problem, /canary|tttt/)
    assert.deepEqual(others, [])
  }
  assert.deepEqual(gitSource.check({ repoURL: 'https://user@example.com/a' }), [])
  assert.deepEqual(gitSource.check({ repoURL: 'ssh://git@example.com/a' }), [])
})

test('a rare path costs only what is new, also after a force push', async (t) => {
  const { inTree, commit, discover, clock } = await startGitSource(t)
  commit('wanted 1', 'charts/x')
  for (let n = 0; n < 60; n += 1) commit(`noise ${n}`, `docs/${n}`)
  const rare = { includePaths: ['charts'], discoveryLimit: 2 }
  const subjectsOf = ({ entry }: Discovered) =>
    (entry['commits'] as unknown as FoundCommit[]).map(({ subject }) => subject)
  const first = await discover(rare)
  assert.deepEqual(subjectsOf(first), ['wanted 1'])
  commit('wanted 2', 'charts/y')
  commit('noise', 'docs/z')
  const second = await discover(rare, first)
  assert.deepEqual(subjectsOf(second), ['wanted 2', 'wanted 1'])
  assert.deepEqual(second, await discover(rare))
  inTree('reset', '--quiet', '--hard', 'HEAD~2')
  clock.seconds += 60
  commit('wanted 3', 'charts/z')
  const third = await discover(rare, second)
  assert.deepEqual(subjectsOf(third), ['wanted 3', 'wanted 1'])
})

test('a shift of the default branch, a deleted branch and an emptied repository are seen as they are', async (t) => {
  const { inTree, commit, discover, subjects } = await startGitSource(t)
  commit('one')
  inTree('branch', 'old')
  commit('two')
  const first = await discover({ branch: 'old' })
  inTree('branch', '-D', 'old')
  await assert.rejects(discover({ branch: 'old' }, first), { code: 'NotFound' })
  assert.deepEqual(await subjects(), ['two', 'one'])
})

test('blobless finds the same, by branch and by tag', async (t) => {
  const { commit, tag, subjects, tags } = await startGitSource(t)
  commit('one', 'charts/x')
  commit('two', 'docs/x')
  tag('v1.0.0', 'annotated')
  commit('three', 'charts/y')
  const blobless = { blobless: true, includePaths: ['charts'] }
  assert.deepEqual(await subjects(blobless), ['three', 'one'])
  assert.deepEqual(await tags({ commitSelectionStrategy: 'SemVer', blobless: true }), ['v1.0.0'])
})

test('artifacts rank by the strategy; a branch knows no order', () => {
  const rank = (commitSelectionStrategy: string, a: JsonObject, b: JsonObject) =>
    gitSource.rank({ repoURL, commitSelectionStrategy }, a, b)
  assert.ok((rank('SemVer', { tag: 'v1.9.0' }, { tag: 'v1.10.0' }) ?? 0) < 0)
  assert.ok((rank('Lexical', { tag: 'v1.9.0' }, { tag: 'v1.10.0' }) ?? 0) > 0)
  const older = { creatorDate: '2026-01-01T00:00:00Z' }
  const newer = { creatorDate: '2026-01-02T00:00:00Z' }
  assert.ok((rank('NewestTag', older, newer) ?? 0) < 0)
  assert.equal(rank('NewestFromBranch', older, newer), undefined)
})
