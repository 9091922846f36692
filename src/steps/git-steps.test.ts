import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  startGitServer,
  type GitServer,
  type GitServerOptions,
} from '../../test/servers/git-server.ts'
import {
  makeStepBench,
  pinned,
  type StepBench,
  type StepBenchOptions,
} from '../../test/step-bench.ts'
import { GantryError, hasCode, type ErrorCode } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { StepContext, StepResult } from '../step.ts'
import gitClear from './git-clear.ts'
import gitClone from './git-clone.ts'
import gitCommit from './git-commit.ts'
import gitPush from './git-push.ts'

const fails = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

interface Scene {
  readonly server: GitServer
  readonly bench: StepBench
  readonly url: string
}

async function set(
  t: TestContext,
  options: StepBenchOptions = {},
  serverOptions: GitServerOptions = {},
): Promise<Scene> {
  const server = await startGitServer(serverOptions)
  t.after(server.close)
  const url = await server.createRepo('app', {
    'base/kustomization.yaml': 'images: []\n',
    'README.md': '# app\n',
    '.gitignore': 'ignored\n',
  })
  return { server, url, bench: await makeStepBench(t, options) }
}

const clone = (
  { bench, url }: Scene,
  checkout: object[] = [{ path: 'src' }],
): Promise<StepResult> => bench.run(gitClone, { repoURL: url, checkout }, { alias: 'clone' })

const tip = async ({ server }: Scene, branch = 'main'): Promise<string> =>
  (await server.git('app', 'rev-parse', `refs/heads/${branch}`)).trim()

async function change(
  scene: Scene,
  path: string,
  content: string,
  message = 'change',
): Promise<string> {
  await writeFile(join(scene.bench.root, path), content)
  const { output, status } = await scene.bench.run(
    gitCommit,
    { path: 'src', message },
    { alias: 'commit' },
  )
  assert.equal(status, 'Succeeded')
  const commit = output?.['commit']
  assert.ok(typeof commit === 'string')
  return commit
}

test('git-clone makes a working tree for each checkout, without a .git in it', async (t) => {
  const scene = await set(t)
  const first = await tip(scene)
  const second = await scene.server.commit('app', 'main', { 'README.md': 'two' })
  await scene.server.tag('app', 'v1', first, 'annotated')
  const result = await clone(scene, [
    { path: './src' },
    { path: 'a/b', branch: 'main', as: 'branch' },
    { path: 'c', commit: first, as: 'commit' },
    { path: 'd', tag: 'v1', as: '' },
    { path: 'e', commit: first.slice(0, 9) },
  ])
  assert.deepEqual(result, {
    status: 'Succeeded',
    output: { commits: { './src': second, branch: second, commit: first, d: first, e: first } },
  })
  assert.deepEqual((await readdir(join(scene.bench.root, 'src'))).sort(), [
    '.gitignore',
    'README.md',
    'base',
  ])
  assert.equal(await readFile(join(scene.bench.root, 'a/b/README.md'), 'utf8'), 'two')
  assert.equal(await readFile(join(scene.bench.root, 'd/README.md'), 'utf8'), '# app\n')
})

test('a promotion goes on when the mirrors are deleted under it', async (t) => {
  const scene = await set(t)
  await clone(scene)
  await rm(join(scene.bench.folder, 'mirrors'), { recursive: true })
  const commit = await change(scene, 'src/README.md', 'changed')
  await rm(join(scene.bench.folder, 'mirrors'), { recursive: true, force: true })
  await scene.bench.run(gitPush, { path: 'src' }, { alias: 'push' })
  assert.equal(await tip(scene), commit)
})

test('git-clone waits while a damaged mirror is in use by another promotion, then makes it anew', async (t) => {
  const scene = await set(t)
  const { bench, url } = scene
  const other = await bench.capability.borrow({
    project: 'demo',
    repoURL: url,
    insecureSkipTLSVerify: false,
    signal: new AbortController().signal,
  })
  await writeFile(join(other.gitDir, 'HEAD'), '')
  const next = await scene.server.commit('app', 'main', { 'README.md': 'next' })
  const waiting = await clone(scene)
  assert.equal(waiting.status, 'Running')
  assert.match(waiting.message ?? '', /made anew when the promotions that use it have ended/)
  await other.release()
  assert.deepEqual((await clone(scene)).output, { commits: { src: next } })
})

test('git-clone says what is missing and leaves nothing behind', async (t) => {
  const scene = await set(t)
  for (const checkout of [
    { branch: 'none' },
    { tag: 'none' },
    { commit: 'f'.repeat(40) },
    { commit: 'abc' },
  ]) {
    await assert.rejects(clone(scene, [{ path: 'src', ...checkout }]), fails('NotFound'))
  }
  await assert.rejects(
    clone(scene, [{ path: 'one' }, { path: 'src', branch: 'none' }]),
    fails('NotFound'),
  )
  assert.deepEqual(await readdir(scene.bench.root), [])
  const empty = await scene.server.createRepo('empty')
  await assert.rejects(clone({ ...scene, url: empty }), fails('NotFound'))
  await writeFile(join(scene.bench.root, 'src'), 'a file')
  await assert.rejects(clone(scene), fails('Invalid'))
})

test('git-clone refuses twice the same key as failed for good, twice the same branch as an error', async (t) => {
  const scene = await set(t)
  const twice = await clone(scene, [
    { path: 'a', as: 'x' },
    { path: 'b', as: 'x' },
  ])
  assert.deepEqual([twice.status, twice.terminal], ['Failed', true])
  await assert.rejects(
    clone(scene, [
      { path: 'a', branch: 'main' },
      { path: 'b', branch: 'main' },
    ]),
    fails('Invalid'),
  )
})

test('git-clone makes a missing branch with an empty commit and pushes it, once', async (t) => {
  const scene = await set(t)
  const { server, bench } = scene
  const checkout = [{ path: 'out', branch: 'stage/test', create: true }]
  const result = await clone(scene, checkout)
  const [commit] = await server.commits('app', 'stage/test')
  assert.equal(commit?.subject, 'Initial commit')
  assert.equal(commit.committer, 'Kargo <no-reply@kargo.io>')
  assert.equal(commit.time, pinned / 1000)
  assert.deepEqual(commit.parents, [])
  assert.deepEqual(await server.paths('app', 'stage/test'), [])
  assert.deepEqual(result.output, { commits: { out: commit.id } })

  await bench.renew()
  await clone(scene, checkout)
  assert.equal((await server.commits('app', 'stage/test')).length, 1)
  await bench.renew()
  await server.git('app', 'update-ref', '-d', 'refs/heads/stage/test')
  const replayed = await bench.run(
    gitClone,
    { repoURL: scene.url, checkout },
    { alias: 'clone', replay: true },
  )
  assert.deepEqual(replayed.output, result.output)
  assert.deepEqual(await server.branches('app'), ['main'])
})

test('git-clone asks right before it makes a branch, and says first what it is about to push', async (t) => {
  const scene = await set(t)
  const { server, bench, url } = scene
  const config = { repoURL: url, checkout: [{ path: 'out', branch: 'new', create: true }] }
  const asked: unknown[] = []
  const fence = async (): Promise<void> => {
    asked.push(structuredClone(bench.handles.get('clone')))
    throw new GantryError('Forbidden', 'may no longer be promoted')
  }
  const run = (more: Partial<StepContext> = {}): Promise<StepResult> =>
    bench.run(gitClone, config, { alias: 'clone', ...more })
  await assert.rejects(run({ fence }), fails('Forbidden'))
  assert.deepEqual(await server.branches('app'), ['main'])
  const { output } = await run()
  const [commit] = await server.commits('app', 'new')
  assert.deepEqual(asked, [{ creating: [{ key: 'out', commit: commit?.id }] }])
  await bench.renew()
  assert.deepEqual((await run({ fence })).output, output, 'what is there needs no asking')
})

test('a branch whose making was cut off after the push is taken for its own, also when it is gone later', async (t) => {
  const scene = await set(t)
  const { server, bench, url } = scene
  const config = { repoURL: url, checkout: [{ path: 'out', branch: 'new', create: true }] }
  const cutOff = new Error('cut off')
  const save = (handle: JsonObject): Promise<void> => {
    if (handle['creating'] === undefined) return Promise.reject(cutOff)
    bench.handles.set('clone', handle)
    return Promise.resolve()
  }
  await assert.rejects(bench.run(gitClone, config, { alias: 'clone', save }), cutOff)
  assert.deepEqual(await server.branches('app'), ['main', 'new'])
  await bench.renew()
  const first = await bench.run(gitClone, config, { alias: 'clone' })
  await server.git('app', 'update-ref', '-d', 'refs/heads/new')
  await bench.renew()
  const again = await bench.run(gitClone, config, { alias: 'clone', replay: true })
  assert.deepEqual(again, first)
})

test('a branch whose answer was lost counts as made, and one that others made meanwhile as theirs', async (t) => {
  const scene = await set(t)
  const { server, bench, url } = scene
  const run = (branch: string): Promise<StepResult> => {
    const config = { repoURL: url, checkout: [{ path: branch, branch, create: true }] }
    return bench.run(gitClone, config, { alias: branch })
  }
  const onPush = { service: 'git-receive-pack', phase: 'rpc' } as const
  server.inject({ ...onPush, action: { kind: 'drop-after' } })
  assert.equal((await run('lost')).status, 'Succeeded')
  for (const phase of ['refs', 'rpc'] as const) {
    const act = async (): Promise<void> => {
      await server.git('app', 'update-ref', `refs/heads/theirs-${phase}`, 'refs/heads/main')
    }
    server.inject({ service: 'git-receive-pack', phase, action: { kind: 'meanwhile', act } })
    assert.equal((await run(`theirs-${phase}`)).status, 'Running')
    const { output } = await run(`theirs-${phase}`)
    assert.deepEqual(output, { commits: { [`theirs-${phase}`]: await tip(scene) } })
  }
  await server.rejectPushes('app', 'branches are made by the platform team')
  await assert.rejects(run('refused'), fails('Forbidden'))
})

test('a clone that finds its place taken leaves what is there as it is', async (t) => {
  const scene = await set(t)
  await clone(scene)
  await assert.rejects(clone(scene, [{ path: 'other' }, { path: 'src' }]), fails('Invalid'))
  assert.deepEqual(await readdir(scene.bench.root), ['src'])
  assert.equal(await readFile(join(scene.bench.root, 'src/README.md'), 'utf8'), '# app\n')
  await change(scene, 'src/README.md', 'changed')
})

test('git-clone makes no branch while a plan is made', async (t) => {
  const scene = await set(t)
  const checkout = [{ path: 'out', branch: 'new', create: true }]
  const config = { repoURL: scene.url, checkout }
  const result = await scene.bench.run(gitClone, config, { planning: true })
  assert.equal(result.status, 'Succeeded')
  assert.deepEqual(await scene.server.branches('app'), ['main'])
})

test('git-clone checks out only the folders of a sparse checkout', async (t) => {
  const scene = await set(t)
  await scene.server.commit('app', 'main', {
    'a/one/f': '1',
    'a/two/f': '2',
    'a/beside': '3',
    'b/f': '4',
  })
  await clone(scene, [{ path: 'src', sparse: ['a/one'] }])
  const names = await readdir(join(scene.bench.root, 'src'), { recursive: true })
  assert.deepEqual(names.sort(), ['.gitignore', 'README.md', 'a', 'a/beside', 'a/one', 'a/one/f'])
  const commit = await change(scene, 'src/a/one/f', 'changed')
  await scene.bench.run(gitPush, { path: 'src' })
  assert.equal(await tip(scene), commit)
  assert.equal(await scene.server.readFile('app', 'main', 'b/f'), '4')
  for (const bad of ['../x', '/x', 'a/*', 'a/../..', '[a]']) {
    await assert.rejects(clone(scene, [{ path: 'other', sparse: [bad] }]), fails('Invalid'), bad)
  }
})

test('git-clone checks out submodules, each with the access of its own address', async (t) => {
  const scene = await set(t)
  const { server, bench } = scene
  const inner = await server.createRepo('inner', { f: 'inner' })
  await server.createRepo('innermost', { g: 'innermost' })
  const idOf = async (repo: string): Promise<string> =>
    (await server.git(repo, 'rev-parse', 'main')).trim()
  const link = async (repo: string, path: string, id: string, url: string): Promise<void> => {
    const modules = `[submodule "x"]\n\tpath = ${path}\n\turl = ${url}\n`
    await server.commit(repo, 'main', { '.gitmodules': modules })
    await server.linkCommit(repo, 'main', path, id)
  }
  await link('inner', 'deep', await idOf('innermost'), '../innermost.git')
  await link('app', 'sub', await idOf('inner'), inner)
  await bench.run(gitClone, {
    repoURL: scene.url,
    recurseSubmodules: true,
    checkout: [{ path: 'src' }],
  })
  assert.equal(await readFile(join(bench.root, 'src/sub/f'), 'utf8'), 'inner')
  assert.equal(await readFile(join(bench.root, 'src/sub/deep/g'), 'utf8'), 'innermost')
  const nothing = await bench.run(gitCommit, { path: 'src', message: 'none' })
  assert.equal(nothing.status, 'Skipped')
  await change(scene, 'src/README.md', 'changed beside a submodule')
  assert.match(await server.git('app', 'ls-tree', 'main'), /^160000 commit/mu)
})

test('git-clear leaves only what git ignores, and the commit that follows removes the rest', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene)
  await writeFile(join(bench.root, 'src/untracked'), '')
  await writeFile(join(bench.root, 'src/ignored'), 'stays')
  assert.deepEqual(await bench.run(gitClear, { path: 'src' }), { status: 'Succeeded' })
  assert.deepEqual(await readdir(join(bench.root, 'src')), ['ignored'])
  await change(scene, 'src/new', '1')
  await bench.run(gitPush, { path: 'src' })
  assert.deepEqual(await server.paths('app', 'main'), ['ignored', 'new'])
  await assert.rejects(bench.run(gitClear, { path: 'nowhere' }), fails('Invalid'))
})

test('a working tree within another is no part of it', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene, [
    { path: '.', branch: 'main' },
    { path: 'out/env', branch: 'env', create: true },
  ])
  await writeFile(join(bench.root, 'out/env/f'), 'env')
  await writeFile(join(bench.root, 'out/beside'), 'main')
  for (const path of ['.', 'out/env']) {
    assert.equal((await bench.run(gitCommit, { path, message: 'm' })).status, 'Succeeded')
    await bench.run(gitPush, { path })
  }
  const kept = ['.gitignore', 'README.md', 'base/kustomization.yaml', 'out/beside']
  assert.deepEqual(await server.paths('app', 'main'), kept)
  assert.deepEqual(await server.paths('app', 'env'), ['f'])
  await bench.run(gitClear, { path: '.' })
  assert.equal(await readFile(join(bench.root, 'out/env/f'), 'utf8'), 'env')
  assert.equal((await bench.run(gitCommit, { path: '.', message: 'm' })).status, 'Succeeded')
})

test('git-commit skips when nothing changed, and still says where HEAD is', async (t) => {
  const scene = await set(t)
  await clone(scene)
  const result = await scene.bench.run(gitCommit, { path: 'src', message: 'm' })
  assert.equal(result.status, 'Skipped')
  assert.deepEqual(result.output, { commit: await tip(scene) })
})

test('git-commit commits as its author, at the pinned time, with the message as it is', async (t) => {
  const scene = await set(t)
  const { bench, server, url } = scene
  await bench.run(gitClone, {
    repoURL: url,
    author: { name: 'Deployer', email: 'deployer@localhost' },
    checkout: [{ path: 'src' }],
  })
  await change(scene, 'src/f', '1', 'subject\n\n# not a comment\nbody')
  await writeFile(join(bench.root, 'src/f'), '2')
  await bench.run(gitCommit, {
    path: 'src',
    message: '-m',
    author: { name: 'Other', email: 'other@example.com' },
  })
  await bench.run(gitPush, { path: 'src' })
  const [second, first] = await server.commits('app', 'main')
  assert.equal(first?.message, 'subject\n\n# not a comment\nbody')
  assert.equal(first.author, 'Deployer <deployer@localhost>')
  assert.equal(first.committer, 'Deployer <deployer@localhost>')
  assert.equal(first.time, pinned / 1000)
  assert.equal(second?.message, '-m')
  assert.equal(second.author, 'Other <other@example.com>')
})

test('a push of a fresh checkout costs one look and one push', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene)
  await change(scene, 'src/f', '1')
  await bench.run(gitPush, { path: 'src' })
  await bench.renew()
  server.requests.length = 0
  await clone(scene)
  const commit = await change(scene, 'src/f', '2')
  const result = await bench.run(gitPush, { path: 'src' })
  assert.deepEqual(result, { status: 'Succeeded', output: { commit, branch: 'main' } })
  assert.deepEqual(
    server.requests.map(({ service, phase }) => `${service} ${phase}`),
    ['git-upload-pack refs', 'git-receive-pack refs', 'git-receive-pack rpc'],
  )
  assert.equal(await tip(scene), commit)
})

test('git-push goes where it is told', async (t) => {
  const scene = await set(t, { promotion: 'test.01xyz.abc' })
  const { bench, server } = scene
  await clone(scene)
  const commit = await change(scene, 'src/f', '1')
  const push = (config: object): Promise<StepResult> =>
    bench.run(gitPush, { path: 'src', ...config })
  const other = await push({ targetBranch: 'envs/prod', provider: 'github' })
  assert.equal(other.output?.['branch'], 'envs/prod')
  assert.ok(JSON.stringify(other.output).includes(`/app/commit/${commit}"`))
  const own = await push({ generateTargetBranch: true })
  assert.equal(own.output?.['branch'], 'kargo/promotion/test.01xyz.abc')
  assert.equal(await tip(scene, 'kargo/promotion/test.01xyz.abc'), commit)
  const again = await push({ targetBranch: 'envs/prod' })
  assert.equal(again.status, 'Succeeded')
  await assert.rejects(push({ tag: 'v1' }), fails('Unreachable'))
  const gitDir = (await bench.context().workspace.gitDirOf('src')) ?? ''
  await writeFile(join(gitDir, 'refs/tags/v1'), `${commit}\n`)
  const tagged = await push({ tag: 'v1' })
  assert.deepEqual(tagged.output, { commit, branch: 'main' })
  assert.equal((await server.git('app', 'rev-parse', 'v1')).trim(), commit)
})

test('S24: branches and tags that look like options or escapes are refused', async (t) => {
  const scene = await set(t)
  const { bench } = scene
  await clone(scene)
  const before = bench.spawned.length
  for (const name of [
    '--force',
    '-d',
    'a..b',
    'a b',
    'a:b',
    'refs/../x',
    'x.lock',
    '@',
    'a\nb',
    '*',
  ]) {
    await assert.rejects(
      bench.run(gitPush, { path: 'src', targetBranch: name }),
      fails('Invalid'),
      name,
    )
    await assert.rejects(bench.run(gitPush, { path: 'src', tag: name }), fails('Invalid'), name)
    await assert.rejects(clone(scene, [{ path: 'x', branch: name }]), fails('Invalid'), name)
  }
  await assert.rejects(clone(scene, [{ path: 'x', commit: '--all' }]), fails('Invalid'))
  assert.equal(bench.spawned.length, before)
})

test('what others pushed meanwhile is rebased under ours', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene)
  await change(scene, 'src/f', '1', 'ours')
  await server.commit('app', 'main', { other: '2' }, 'theirs')
  const result = await bench.run(gitPush, { path: 'src', maxAttempts: 1 })
  assert.equal(result.status, 'Succeeded')
  const commits = await server.commits('app', 'main')
  assert.deepEqual(
    commits.map(({ subject }) => subject),
    ['ours', 'theirs', 'initial'],
  )
  assert.equal(commits[0]?.time, pinned / 1000)
  assert.equal(result.output?.['commit'], commits[0]?.id)
  assert.equal(await readFile(join(bench.root, 'src/other'), 'utf8'), '2')
})

test('what the branch was rid of while a promotion was at work does not come back with its push', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  const first = await tip(scene)
  for (const others of [false, true]) {
    await bench.renew()
    await server.git('app', 'update-ref', 'refs/heads/main', first)
    await server.commit('app', 'main', { bad: 'x' }, 'bad')
    await clone(scene)
    await change(scene, 'src/f', '1', 'ours')
    await server.git('app', 'update-ref', 'refs/heads/main', first)
    if (others) await server.commit('app', 'main', { other: '2' }, 'theirs')
    const { status } = await bench.run(gitPush, { path: 'src' })
    assert.equal(status, 'Succeeded')
    const subjects = (await server.commits('app', 'main')).map(({ subject }) => subject)
    assert.deepEqual(subjects, others ? ['ours', 'theirs', 'initial'] : ['ours', 'initial'])
    assert.ok(!(await readdir(join(bench.root, 'src'))).includes('bad'))

    // What was pushed itself, also when that was found again, must not be missing in silence.
    await change(scene, 'src/g', '1', 'more')
    const found = await bench.find(gitPush, { path: 'src' })
    assert.equal(found.state, 'found')
    await change(scene, 'src/h', '1', 'late')
    await server.git('app', 'update-ref', 'refs/heads/main', first)
    const late = await bench.run(gitPush, { path: 'src' })
    assert.deepEqual([late.status, late.terminal], ['Failed', true])
    assert.match(late.message ?? '', /pushed to main before was removed from it/)
    assert.equal(await tip(scene), first)
  }
})

test('where only a merge is allowed, a branch that was rewritten meanwhile ends the push for good', async (t) => {
  const scene = await set(t, { pushIntegration: 'AlwaysMerge' })
  const { bench, server } = scene
  const first = await tip(scene)
  await server.commit('app', 'main', { bad: 'x' }, 'bad')
  await clone(scene)
  await change(scene, 'src/f', '1', 'ours')
  await server.git('app', 'update-ref', 'refs/heads/main', first)
  const result = await bench.run(gitPush, { path: 'src' })
  assert.deepEqual([result.status, result.terminal], ['Failed', true])
  assert.match(result.message ?? '', /was rewritten since it was checked out/)
  assert.equal(await tip(scene), first)
})

test('a conflict ends the push for good and leaves the working tree as it was', async (t) => {
  for (const pushIntegration of ['AlwaysRebase', 'AlwaysMerge'] as const) {
    const scene = await set(t, { pushIntegration })
    const { bench, server } = scene
    await clone(scene)
    const commit = await change(scene, 'src/README.md', 'ours')
    const theirs = await server.commit('app', 'main', { 'README.md': 'theirs' })
    const result = await bench.run(gitPush, { path: 'src' })
    assert.deepEqual([result.status, result.terminal], ['Failed', true])
    assert.equal(await tip(scene), theirs)
    assert.equal(await readFile(join(bench.root, 'src/README.md'), 'utf8'), 'ours')
    const skipped = await bench.run(gitCommit, { path: 'src', message: 'm' })
    assert.deepEqual(skipped.output, { commit })
  }
})

test('the policy decides between rebase, merge and giving up', async (t) => {
  const outcomes: Record<string, unknown> = {}
  for (const pushIntegration of ['AlwaysMerge', 'RebaseOrMerge', 'RebaseOrFail', 'None'] as const) {
    const scene = await set(t, { pushIntegration })
    const { bench, server } = scene
    await clone(scene)
    await change(scene, 'src/f', '1', 'ours')
    await server.commit('app', 'main', { other: '2' }, 'theirs')
    const result = await bench
      .run(gitPush, { path: 'src', maxAttempts: 1 })
      .catch((error: unknown) => ({
        status: hasCode(error, 'Conflict') ? 'Conflict' : String(error),
      }))
    const [newest] = await server.commits('app', 'main')
    outcomes[pushIntegration] = [result.status, newest?.parents.length]
  }
  assert.deepEqual(outcomes, {
    AlwaysMerge: ['Succeeded', 2],
    RebaseOrMerge: ['Succeeded', 1],
    RebaseOrFail: ['Succeeded', 1],
    None: ['Conflict', 1],
  })
})

test('a rejected push is retried only when somebody else was faster', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene)
  await change(scene, 'src/f', '1')
  await server.rejectPushes('app', 'the branch is frozen')
  server.requests.length = 0
  await assert.rejects(
    bench.run(gitPush, { path: 'src' }),
    (error) => hasCode(error, 'Forbidden') && error.message.includes('the branch is frozen'),
  )
  assert.equal(server.requests.length, 2)

  await server.rejectPushes('app', undefined)
  let others = 0
  const meanwhile = {
    kind: 'meanwhile',
    act: async () => {
      others += 1
      await server.commit('app', 'main', { [`other-${others}`]: '' })
    },
  } as const
  server.inject({ service: 'git-receive-pack', phase: 'rpc', times: 3, action: meanwhile })
  const instant = {
    ...bench.context().clock,
    after: (_: number, fire: () => void) => bench.context().clock.after(0, fire),
  }
  const result = await bench.run(gitPush, { path: 'src' }, { clock: instant })
  assert.equal(result.status, 'Succeeded')
  assert.equal((await server.commits('app', 'main')).length, 5)
})

test('the name of a branch says nothing about why a push to it was refused', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  for (const branch of ['unexpected-hung-up', 'non-fast-forward']) {
    await bench.renew()
    await server.git('app', 'update-ref', `refs/heads/${branch}`, 'refs/heads/main')
    await clone(scene, [{ path: 'src', branch }])
    const commit = await change(scene, 'src/f', branch)
    await server.commit('app', branch, { other: '2' })
    const { output } = await bench.run(gitPush, { path: 'src', maxAttempts: 1 })
    assert.equal(await tip(scene, branch), output?.['commit'])
    assert.notEqual(output?.['commit'], commit)
    await change(scene, 'src/g', branch)
    await server.rejectPushes('app', 'not today')
    await assert.rejects(bench.run(gitPush, { path: 'src' }), fails('Forbidden'))
    await server.rejectPushes('app', undefined)
  }
})

test('many promotions push to one branch at once, and each ends as one commit', async (t) => {
  const scene = await set(t)
  const { server, url } = scene
  const benches = [scene.bench, await makeStepBench(t), await makeStepBench(t)]
  await Promise.all(
    benches.map(async (bench, index) => {
      const own = { ...scene, bench }
      await bench.run(gitClone, { repoURL: url, checkout: [{ path: 'src' }] })
      await change(own, `src/f${index}`, '1', `ours ${index}`)
      await bench.run(gitPush, { path: 'src' })
    }),
  )
  assert.equal((await server.commits('app', 'main')).length, 4)
  assert.equal((await server.paths('app', 'main')).length, 6)
})

test('a push whose answer was lost is found, not repeated', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene)
  const commit = await change(scene, 'src/f', '1')
  server.inject({ service: 'git-receive-pack', phase: 'rpc', action: { kind: 'drop-after' } })
  const result = await bench.run(gitPush, { path: 'src' })
  assert.equal(result.status, 'Succeeded')
  assert.equal((await server.commits('app', 'main')).length, 2)

  assert.deepEqual((await bench.find(gitPush, { path: 'src' })).state, 'found')
  await server.commit('app', 'main', { later: '1' })
  const found = await bench.find(gitPush, { path: 'src' })
  assert.deepEqual(found, {
    state: 'found',
    result: { status: 'Succeeded', output: { commit, branch: 'main' } },
  })
})

test('a push that never arrived is absent, and one that cannot be asked about is an error', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene)
  assert.deepEqual(await bench.find(gitPush, { path: 'src' }), { state: 'absent' })
  await change(scene, 'src/f', '1')
  server.inject({
    service: 'git-receive-pack',
    phase: 'rpc',
    times: 5,
    action: { kind: 'drop-before' },
  })
  await assert.rejects(bench.run(gitPush, { path: 'src' }), fails('Unreachable'))
  assert.deepEqual(await bench.find(gitPush, { path: 'src' }), { state: 'absent' })
  assert.deepEqual(await bench.find(gitPush, { path: 'src', targetBranch: 'new' }), {
    state: 'absent',
  })
  server.inject({ action: { kind: 'status', status: 503 } })
  await assert.rejects(bench.find(gitPush, { path: 'src' }), fails('Unreachable'))
})

test('after a restart the same commits are made, and a rebased push is found and restored', async (t) => {
  const scene = await set(t)
  const { bench, server, url } = scene
  const config = { repoURL: url, checkout: [{ path: 'src' }] }
  await clone(scene)
  const first = await change(scene, 'src/f', '1')
  await server.commit('app', 'main', { other: '2' })
  const { output } = await bench.run(gitPush, { path: 'src' })
  assert.ok(output !== undefined && output['commit'] !== first)

  await bench.renew()
  await bench.run(gitClone, config, { alias: 'clone', replay: true })
  assert.equal(await change(scene, 'src/f', '1'), first)
  const found = await bench.find(gitPush, { path: 'src' })
  assert.ok(found.state === 'found')
  assert.deepEqual(found.result.output, output)
  assert.equal(await readFile(join(bench.root, 'src/other'), 'utf8'), '2')

  await bench.renew()
  await bench.run(gitClone, config, { alias: 'clone', replay: true })
  await change(scene, 'src/f', '1')
  await gitPush.restore?.(bench.context({ replay: true }), { path: 'src' }, output)
  assert.equal(await readFile(join(bench.root, 'src/other'), 'utf8'), '2')
  assert.equal((await server.commits('app', 'main')).length, 3)
})

test('force overwrites, and what is overwritten is never rebased', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  await clone(scene)
  const commit = await change(scene, 'src/f', '1')
  await server.commit('app', 'main', { other: '2' })
  await bench.run(gitPush, { path: 'src', force: true })
  assert.equal(await tip(scene), commit)
  assert.equal(await server.readFile('app', 'main', 'other'), undefined)
})

test('a plan shows the diff and pushes nothing', async (t) => {
  const scene = await set(t)
  const { bench } = scene
  await clone(scene)
  const before = await tip(scene)
  await change(scene, 'src/README.md', '# changed\n')
  const plan = await gitPush.plan?.(bench.context(), { path: 'src', targetBranch: 'next' })
  assert.match(plan?.diff ?? '', /^-# app\n\+# changed$/mu)
  assert.deepEqual(plan?.output, { branch: 'next' })
  assert.equal(plan?.summary, `push 1 new commit(s) to next of ${scene.url}`)
  assert.deepEqual(await scene.server.branches('app'), ['main'])
  assert.equal(await tip(scene), before)
})

test('S24: a repository cannot bring hooks, filters or monitors that run', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  const mark = join(bench.folder, 'ran')
  await server.commit('app', 'main', {
    '.gitattributes': '* filter=evil diff=evil\n',
    '.gitconfig': `[filter "evil"]\n\tsmudge = touch ${mark}\n`,
    'hooks/post-checkout': `#!/bin/sh\ntouch ${mark}\n`,
    '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ${mark}\n\tupdate = !touch ${mark}\n`,
  })
  await bench.run(gitClone, {
    repoURL: scene.url,
    recurseSubmodules: true,
    checkout: [{ path: 'src' }],
  })
  await change(scene, 'src/f', '1')
  await bench.run(gitPush, { path: 'src' })
  await bench.run(gitClear, { path: 'src' })
  assert.ok(!(await readdir(bench.folder)).includes('ran'))
})

test('S24: a submodule cannot name a transport, an option or a path of this machine', async (t) => {
  const scene = await set(t)
  const { bench, server } = scene
  const mark = join(bench.folder, 'ran')
  await server.linkCommit('app', 'main', 'x', (await server.git('app', 'rev-parse', 'main')).trim())
  for (const url of [
    `ext::sh -c touch% ${mark}`,
    'file:///etc',
    '/etc',
    `--upload-pack=touch ${mark}`,
    `-u;touch ${mark}`,
    'ssh://-oProxyCommand=touch/x',
    '../../../../../etc',
  ]) {
    const modules = `[submodule "x"]\n\tpath = x\n\turl = "${url}"\n\tupdate = "!touch ${mark}"\n`
    await server.commit('app', 'main', { '.gitmodules': modules })
    await assert.rejects(
      bench.run(gitClone, {
        repoURL: scene.url,
        recurseSubmodules: true,
        checkout: [{ path: 'src' }],
      }),
      fails('Invalid'),
      url,
    )
    assert.deepEqual(await readdir(bench.root), [])
  }
  assert.ok(!(await readdir(bench.folder)).includes('ran'))
})
