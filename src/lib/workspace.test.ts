import assert from 'node:assert/strict'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { hasCode, type ErrorCode } from '../core/errors.ts'
import type { Workspace } from '../core/workspace.ts'
import { isGitName } from './confine.ts'
import { createWorkspaces } from './workspace.ts'

interface Place {
  readonly folder: string
  readonly workspace: Workspace
  at(...names: string[]): string
}

async function open(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { workspace } = await createWorkspaces({ folder }).create('uid-1')
  await writeFile(join(folder, 'outside.txt'), 'outside')
  return { folder, workspace, at: (...names) => join(workspace.root, ...names) }
}

const fails = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

test('S1: `..` and absolute paths land inside the workspace', async (t) => {
  const { workspace, at } = await open(t)
  for (const [path, expected] of [
    ['a/b', 'a/b'],
    ['./a//b/', 'a/b'],
    ['../../etc/passwd', 'etc/passwd'],
    ['/etc/passwd', 'etc/passwd'],
    ['a/../../b', 'b'],
    ['', ''],
    ['..', ''],
    ['%2e%2e/x', '%2e%2e/x'],
    ['..\\x', '..\\x'],
    ['file:///etc/passwd', 'file:/etc/passwd'],
  ] as const) {
    assert.equal(await workspace.readable(path), at(expected).replace(/\/$/u, ''), path)
    assert.equal(await workspace.writable(path), at(expected).replace(/\/$/u, ''), path)
  }
  await assert.rejects(workspace.readable('a\0b'), fails('Invalid'))
})

test('S1: whatever the path, it resolves below the root', async (t) => {
  const { workspace } = await open(t)
  const part = fc.oneof(fc.constantFrom('..', '.', '', '/', '~', 'C:', '\\'), fc.string())
  await fc.assert(
    fc.asyncProperty(fc.array(part), async (parts) => {
      const path = parts.join('/').replaceAll('\0', '')
      const resolved = await workspace.readable(path).catch((error: unknown) => {
        assert.ok(hasCode(error, 'Invalid'))
        return workspace.root
      })
      assert.ok(resolved === workspace.root || resolved.startsWith(`${workspace.root}/`))
      assert.ok(!resolved.split('/').includes('..'))
    }),
  )
})

test('S2: a link that leads outside is an error in every use, one inside is followed', async (t) => {
  const { workspace, at, folder } = await open(t)
  await mkdir(at('real'))
  await writeFile(at('real', 'f'), 'inside')
  await symlink('real', at('near'))
  await symlink(at('real'), at('absolute-inside'))
  await symlink('/etc', at('etc'))
  await symlink('../../..', at('up'))
  await symlink('near/../../../..', at('twisted'))
  await symlink(join(folder, 'outside.txt'), at('leaf'))
  await symlink('loop-b', at('loop-a'))
  await symlink('loop-a', at('loop-b'))

  assert.equal((await workspace.read('near/f')).toString(), 'inside')
  assert.equal((await workspace.read('absolute-inside/f')).toString(), 'inside')
  assert.equal(await workspace.writable('near/new'), at('real', 'new'))
  for (const path of ['etc/passwd', 'up/x', 'twisted', 'leaf', 'loop-a', 'etc']) {
    await assert.rejects(workspace.readable(path), fails('Invalid'), path)
    await assert.rejects(workspace.writable(path), fails('Invalid'), path)
    await assert.rejects(workspace.read(path), fails('Invalid'), path)
    await assert.rejects(workspace.write(path, 'x'), fails('Invalid'), path)
    await assert.rejects(workspace.copy(path, 'copy'), fails('Invalid'), path)
    await assert.rejects(workspace.copy('real', `${path}/x`), fails('Invalid'), path)
    await assert.rejects(workspace.makeWorkTree(path), fails('Invalid'), path)
  }
  await assert.rejects(workspace.remove('up/outside.txt'), fails('Invalid'))
  assert.equal(await readFile(join(folder, 'outside.txt'), 'utf8'), 'outside')
})

test('S2: removing a link removes the link', async (t) => {
  const { workspace, at, folder } = await open(t)
  await symlink(join(folder, 'outside.txt'), at('leaf'))
  assert.equal(await workspace.remove('leaf'), true)
  assert.equal(await workspace.remove('leaf'), false)
  assert.equal(await readFile(join(folder, 'outside.txt'), 'utf8'), 'outside')
  for (const path of ['..', '../x', '.', '', 'a/..', '/']) {
    await assert.rejects(workspace.remove(path), fails('Invalid'), path)
  }
})

test('S2: a folder swapped for a link while it is used lets nothing out', async (t) => {
  const { workspace, at, folder } = await open(t)
  const prey = join(folder, 'prey')
  await mkdir(prey)
  await writeFile(join(prey, 'f'), 'untouched')
  await mkdir(at('d'))
  const controller = new AbortController()
  t.after(() => controller.abort())
  const swapper = (async () => {
    const ignore = (): void => undefined
    while (!controller.signal.aborted) {
      await rm(at('d'), { recursive: true, force: true }).catch(ignore)
      await symlink(prey, at('d')).catch(ignore)
      await unlink(at('d')).catch(ignore)
      await mkdir(at('d')).catch(ignore)
    }
  })()
  const rounds = process.env['GANTRY_LONG'] === '1' ? 3000 : 60
  let refused = 0
  for (let round = 0; round < rounds; round += 1) {
    const refuse = (): void => {
      refused += 1
    }
    await workspace.write('d/f', `written ${round}`).catch(refuse)
    await workspace.remove('d/f').catch(refuse)
    await workspace.write('d/new/f', 'x').catch(refuse)
    const seen = await workspace.read('d/f').catch(() => Buffer.from(''))
    assert.notEqual(seen.toString(), 'untouched')
    await workspace.copy('d', 'copy').catch(refuse)
  }
  controller.abort()
  await swapper
  assert.ok(refused > 0, 'the race was never met')
  assert.deepEqual(await readdir(prey), ['f'])
  assert.equal(await readFile(join(prey, 'f'), 'utf8'), 'untouched')
  const copied = await readFile(at('copy', 'f'), 'utf8').catch(() => '')
  assert.notEqual(copied, 'untouched')
})

test('S24: no step can write what git would take for its own folder', async (t) => {
  const { workspace, at } = await open(t)
  await mkdir(at('x'))
  await symlink('.git', at('x', 'alias'))
  for (const path of [
    '.git/config',
    'a/.git/hooks/post-checkout',
    '.GIT/config',
    '.git./config',
    '.git /config',
    'git~1/config',
    '.g\u200cit/config',
    '.git::$INDEX_ALLOCATION/config',
    'x/alias/config',
  ]) {
    await assert.rejects(workspace.writable(path), fails('Invalid'), path)
    await assert.rejects(workspace.write(path, 'x'), fails('Invalid'), path)
    await assert.rejects(workspace.remove(path), fails('Invalid'), path)
  }
  assert.deepEqual(['.gitignore', '.github', 'git', 'x.git', '.gitmodules'].filter(isGitName), [])
  await mkdir(at('src', '.git', 'hooks'), { recursive: true })
  await writeFile(at('src', 'f'), '1')
  await workspace.copy('src', 'dst')
  assert.deepEqual(await readdir(at('dst')), ['f'])
})

test('a file is written with mode 0600 in folders of 0700, and keeps its mode later', async (t) => {
  const { workspace, at } = await open(t)
  await workspace.write('a/b/f', 'one two three')
  const modeOf = async (...names: string[]): Promise<number> =>
    (await stat(at(...names))).mode & 0o777
  assert.deepEqual([await modeOf('a/b/f'), await modeOf('a/b')], [0o600, 0o700])
  await chmod(at('a/b/f'), 0o644)
  await workspace.write('a/b/f', 'short')
  assert.equal((await workspace.read('a/b/f')).toString(), 'short')
  assert.equal(await modeOf('a/b/f'), 0o644)
  await assert.rejects(workspace.read('a/b'), fails('Invalid'))
  await assert.rejects(workspace.read('a/b/none'), fails('NotFound'))
  await assert.rejects(workspace.write('a/b', 'x'), fails('Invalid'))
  await assert.rejects(workspace.write('a/b/f/g', 'x'), fails('Invalid'))
  await assert.rejects(workspace.write('', 'x'), fails('Invalid'))
  await assert.rejects(workspace.read('a/b/f', 3), fails('TooLarge'))
})

test('a folder is merged into another, links are left out', async (t) => {
  const { workspace, at } = await open(t)
  await workspace.write('src/deep/f', 'new', 0o640)
  await workspace.write('src/skip/f', 'x')
  await workspace.write('dst/deep/f', 'old, longer content')
  await workspace.write('dst/kept', 'kept')
  await symlink('deep', at('src', 'link'))
  await workspace.copy('src', 'dst', { skips: (path, isFolder) => path === 'skip' && isFolder })
  assert.equal((await workspace.read('dst/deep/f')).toString(), 'new')
  assert.equal((await stat(at('dst/deep/f'))).mode & 0o777, 0o640)
  assert.deepEqual(await readdir(at('dst')), ['deep', 'kept'])
  await workspace.copy('src/deep/f', 'one/two')
  assert.equal((await workspace.read('one/two')).toString(), 'new')
  await workspace.copy('src/deep/f', 'src/deep/f')
  assert.equal((await workspace.read('src/deep/f')).toString(), 'new')
  await assert.rejects(workspace.copy('src', 'src/deep/in'), fails('Invalid'))
  await assert.rejects(workspace.copy('none', 'x'), fails('NotFound'))
})

test('a working tree has its git folder outside, and loses it when removed', async (t) => {
  const { workspace, at } = await open(t)
  const { workTree, gitDir } = await workspace.makeWorkTree('a/out')
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/main\n')
  assert.equal(workTree, at('a/out'))
  assert.ok(!gitDir.startsWith(workspace.root))
  assert.equal(await workspace.gitDirOf('./a/../a/out'), gitDir)
  assert.equal(await workspace.gitDirOf('a'), undefined)
  await writeFile(at('a/out/f'), '')
  await assert.rejects(workspace.makeWorkTree('a/out'), fails('Invalid'))
  await workspace.remove('a')
  assert.equal(await workspace.gitDirOf('a/out'), undefined)
  await mkdir(at('a/out'), { recursive: true })
  assert.equal(await workspace.gitDirOf('a/out'), undefined)
})

test('a workspace is made anew and what was borrowed for it is given back', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const workspaces = createWorkspaces({ folder })
  let released = 0
  const first = await workspaces.create('u')
  first.workspace.onRemove(() => {
    released += 1
    return Promise.resolve()
  })
  await first.workspace.write('f', '1')
  const second = await workspaces.create('u')
  assert.equal(released, 1)
  assert.deepEqual(await readdir(second.workspace.root), [])
  await first.remove()
  assert.ok((await lstat(second.workspace.root)).isDirectory(), 'an old owner removes nothing')
  await second.remove()
  await assert.rejects(lstat(second.workspace.root))
  for (const uid of ['..', '.', 'a/b', '']) {
    await assert.rejects(workspaces.create(uid), fails('Invalid'), uid)
  }
  assert.equal(
    second.workspace.display(`cannot read ${second.workspace.root}/a/b`),
    'cannot read a/b',
  )
})

test('S4: a path of any length is judged at once', async (t) => {
  const { workspace } = await open(t)
  const start = performance.now()
  await workspace.remove(`a${' '.repeat(100_000)}b`).catch(() => undefined)
  assert.ok(performance.now() - start < 5000)
})
