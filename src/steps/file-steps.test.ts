import assert from 'node:assert/strict'
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { makeStepBench, type StepBench } from '../../test/step-bench.ts'
import { hasCode, type ErrorCode } from '../core/errors.ts'
import composeOutput from './compose-output.ts'
import copy from './copy.ts'
import remove from './delete.ts'
import fail from './fail.ts'
import fileWrite from './file-write.ts'

const fails = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

async function set(t: TestContext, files: Record<string, string> = {}): Promise<StepBench> {
  const bench = await makeStepBench(t)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(bench.root, path, '..'), { recursive: true })
    await writeFile(join(bench.root, path), content)
  }
  return bench
}

const list = async (bench: StepBench): Promise<string[]> => {
  const entries = await readdir(bench.root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(bench.root.length + 1))
    .sort()
}

test('copy merges a folder, leaves out what is ignored, and skips links', async (t) => {
  const bench = await set(t, {
    'in/a.yaml': 'new',
    'in/deep/b.yaml': 'b',
    'in/notes.md': 'no',
    'in/deep/tmp/c': 'no',
    'out/a.yaml': 'old',
    'out/kept': 'kept',
  })
  await symlink('a.yaml', join(bench.root, 'in', 'link'))
  const config = { inPath: './in', outPath: './out', ignore: '*.md\ntmp/\n' }
  assert.deepEqual(await bench.run(copy, config), { status: 'Succeeded' })
  assert.deepEqual(
    (await list(bench)).filter((path) => path.startsWith('out')),
    ['out/a.yaml', 'out/deep/b.yaml', 'out/kept'],
  )
  assert.equal(await readFile(join(bench.root, 'out/a.yaml'), 'utf8'), 'new')
  await bench.run(copy, { inPath: 'in/a.yaml', outPath: 'x/y/z.yaml', ignore: 'z.yaml' })
  assert.equal(await readFile(join(bench.root, 'x/y/z.yaml'), 'utf8'), 'new')
  await assert.rejects(bench.run(copy, { inPath: 'none', outPath: 'x' }), fails('NotFound'))
})

test('names of files that are no UTF-8 are copied as they are, and not passed over by a glob', async (t) => {
  const bench = await set(t, { 'in/deep/a': '1' })
  const latin = Buffer.from([0x2f, 0xe9])
  await writeFile(Buffer.concat([Buffer.from(join(bench.root, 'in/deep')), latin]), '2')
  await bench.run(copy, { inPath: 'in', outPath: 'out' })
  const copied = Buffer.concat([Buffer.from(join(bench.root, 'out/deep')), latin])
  assert.equal(await readFile(copied, 'utf8'), '2')
  const glob = { path: 'out/deep/*', pathsAreGlobs: true }
  await assert.rejects(bench.run(remove, glob), fails('Invalid'))
  await bench.run(remove, { path: 'out/d*', pathsAreGlobs: true })
  assert.deepEqual(await readdir(join(bench.root, 'out')), [])
})

test('delete removes files, folders and links, and is content when there is nothing', async (t) => {
  const bench = await set(t, { 'a/f': '', 'a/g': '', b: '', 'c/d/e': '' })
  await symlink('b', join(bench.root, 'link'))
  assert.deepEqual(await bench.run(remove, { path: './a' }), { status: 'Succeeded' })
  await bench.run(remove, { paths: ['link', 'none', 'c/d'] })
  assert.deepEqual(await list(bench), ['b'])
  await assert.rejects(bench.run(remove, { path: 'none', strict: true }), fails('NotFound'))
  for (const path of ['..', '../x', '.', 'c/..']) {
    await assert.rejects(bench.run(remove, { path }), fails('Invalid'), path)
  }
})

test('delete takes globs', async (t) => {
  const bench = await set(t, { 'a/1.yaml': '', 'a/b/2.yaml': '', 'a/b/3.txt': '', '4.yaml': '' })
  await bench.run(remove, { paths: ['./a/**/*.yaml', '**/2.*'], pathsAreGlobs: true })
  assert.deepEqual(await list(bench), ['4.yaml', 'a/b/3.txt'])
  const strict = { path: '*.json', pathsAreGlobs: true, strict: true }
  await assert.rejects(bench.run(remove, strict), fails('NotFound'))
  const malformed = await bench.run(remove, { path: '[', pathsAreGlobs: true })
  assert.deepEqual([malformed.status, malformed.terminal], ['Errored', true])
  await bench.run(remove, { path: '**', pathsAreGlobs: true })
  assert.deepEqual(await list(bench), [])
})

test('S2: delete never follows a link out', async (t) => {
  const bench = await set(t, { 'in/f': '' })
  await writeFile(join(bench.folder, 'prey'), '')
  await symlink(bench.folder, join(bench.root, 'out'))
  await assert.rejects(bench.run(remove, { path: 'out/prey' }), fails('Invalid'))
  await bench.run(remove, { path: 'out/**', pathsAreGlobs: true })
  assert.ok((await readdir(bench.folder)).includes('prey'))
  await symlink(bench.folder, join(bench.root, 'out'))
  await bench.run(remove, { path: 'out' })
  assert.ok((await readdir(bench.folder)).includes('prey'))
})

test('file-write writes once, with its mode, and replaces only when told', async (t) => {
  const bench = await set(t)
  const write = (more: object): ReturnType<StepBench['run']> =>
    bench.run(fileWrite, { path: 'a/b.txt', contents: 'one', ...more })
  assert.deepEqual(await write({}), { status: 'Succeeded' })
  const file = join(bench.root, 'a/b.txt')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const again = await write({ contents: 'two' })
  assert.deepEqual([again.status, again.terminal], ['Failed', true])
  await write({ contents: '', overwrite: true, permissions: '0664' })
  assert.equal(await readFile(file, 'utf8'), '')
  assert.equal((await stat(file)).mode & 0o777, 0o664)
  await assert.rejects(
    bench.run(fileWrite, { path: 'a', contents: '', overwrite: true }),
    fails('Invalid'),
  )
})

test('file-write refuses for good what its policy forbids', async (t) => {
  const bench = await set(t, { 'real/f': '' })
  await symlink('real', join(bench.root, 'alias'))
  await symlink('real/f', join(bench.root, 'leaf'))
  for (const config of [
    { path: '/etc/passwd' },
    { path: '../x' },
    { path: 'a/../../x' },
    { path: '.git' },
    { path: '.git/config' },
    { path: 'x/.git/config' },
    { path: 'alias/new' },
    { path: 'leaf', overwrite: true },
    { path: '.' },
    { path: 'x', permissions: '0755' },
    { path: 'x', permissions: '0602' },
  ]) {
    const result = await bench.run(fileWrite, { contents: 'x', ...config })
    assert.deepEqual([result.status, result.terminal], ['Failed', true], config.path)
  }
  assert.deepEqual(await list(bench), ['alias', 'leaf', 'real/f'])
  assert.ok((await lstat(join(bench.root, 'leaf'))).isSymbolicLink())
})

test('fail fails for good, with its message', async (t) => {
  const bench = await set(t)
  assert.deepEqual(await bench.run(fail, {}), {
    status: 'Failed',
    terminal: true,
    message: 'failed',
  })
  assert.equal((await bench.run(fail, { message: 'because' })).message, 'failed: because')
})

test('compose-output puts out its config, as its task does', async (t) => {
  const bench = await set(t)
  const config = { a: 1, b: [true, null, { c: 'd' }] }
  assert.deepEqual(await bench.run(composeOutput, config), { status: 'Succeeded', output: config })
  assert.equal(composeOutput.taskOutput, true)
})

test('configs are judged as Kargo judges them', () => {
  const verdicts: readonly (readonly [typeof copy, unknown, boolean])[] = [
    [remove, {}, false],
    [remove, { path: 'a', paths: ['b'] }, false],
    [remove, { paths: [] }, false],
    [remove, { paths: ['a'] }, true],
    [fileWrite, { path: 'p', contents: '' }, true],
    [fileWrite, { path: 'p', contents: '', permissions: '644' }, false],
    [fileWrite, { path: 'p', contents: '', permissions: 420 }, false],
    [composeOutput, {}, false],
    [fail, {}, true],
    [fail, { message: '' }, false],
    [copy, { inPath: 'a', outPath: 'b', ignore: '' }, false],
    [copy, { inPath: 'a', outPath: 'b', other: 1 }, false],
  ]
  for (const [step, config, isValid] of verdicts) {
    const judge = (): unknown => step.parse(config)
    if (isValid) judge()
    else assert.throws(judge, fails('Invalid'), `${step.kind} ${JSON.stringify(config)}`)
  }
  assert.throws(
    () => copy.parse({}),
    /^GantryError: invalid copy config: \(root\): inPath is required; \(root\): outPath is required$/u,
  )
  assert.throws(
    () => remove.parse({}),
    /: invalid delete config: \(root\): Must validate one and only one schema \(oneOf\)$/u,
  )
})
