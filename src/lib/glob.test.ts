import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasCode } from '../core/errors.ts'
import { findGlob, parseIgnore } from './glob.ts'

const signal = new AbortController().signal

test('a glob finds entries at any depth, links among them, and follows none', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  for (const folder of ['a/b/c', 'x']) await mkdir(join(root, folder), { recursive: true })
  for (const file of ['a/1.yaml', 'a/b/2.yaml', 'a/b/c/3.yml', 'x/4.txt', 'top.yaml', '.dot']) {
    await writeFile(join(root, file), '')
  }
  await symlink('..', join(root, 'x', 'up'))
  const find = (glob: string): Promise<readonly string[]> => findGlob(root, glob, signal)
  assert.deepEqual(await find('**/*.yaml'), ['a/1.yaml', 'a/b/2.yaml', 'top.yaml'])
  assert.deepEqual(await find('./a/**/*.{yaml,yml}'), ['a/1.yaml', 'a/b/2.yaml', 'a/b/c/3.yml'])
  assert.deepEqual(await find('a/**'), [
    'a',
    'a/1.yaml',
    'a/b',
    'a/b/2.yaml',
    'a/b/c',
    'a/b/c/3.yml',
  ])
  assert.deepEqual(await find('x/*'), ['x/4.txt', 'x/up'])
  assert.deepEqual(await find('x/up/*'), [])
  assert.deepEqual(await find('*'), ['.dot', 'a', 'top.yaml', 'x'])
  assert.deepEqual(await find('/a/'), ['a'])
  assert.deepEqual(await find('none/*'), [])
  for (const bad of ['../*', 'a/../../*', '[', '{a']) {
    await assert.rejects(find(bad), (error) => hasCode(error, 'Invalid'), bad)
  }
})

test('ignore rules read as those of git', () => {
  const cases: readonly (readonly [rules: string, path: string, folder: boolean, hit: boolean])[] =
    [
      ['*.log', 'a/b/x.log', false, true],
      ['*.log', 'x.log.txt', false, false],
      ['/top', 'top', false, true],
      ['/top', 'a/top', false, false],
      ['a/b', 'a/b', true, true],
      ['a/b', 'x/a/b', true, false],
      ['build/', 'build', true, true],
      ['build/', 'a/build', true, true],
      ['build/', 'build', false, false],
      ['**/x', 'a/x', false, true],
      ['a/**', 'a', true, false],
      ['a/**', 'a/b/c', false, true],
      ['a/**/z', 'a/z', false, true],
      ['*.log\n!keep.log', 'keep.log', false, false],
      ['!keep.log\n*.log', 'keep.log', false, true],
      ['# comment\n\n  \n', '# comment', false, false],
      ['\\#file', '#file', false, true],
      ['\\!file', '!file', false, true],
      ['x  ', 'x', false, true],
      ['x\\ ', 'x ', false, true],
      ['{a,b}', 'a', false, false],
      ['{a,b}', '{a,b}', false, true],
      ['[', '[', false, false],
      ['a?c', 'abc', false, true],
      ['*.log\r\nx', 'a.log', false, true],
    ]
  for (const [rules, path, isFolder, hit] of cases) {
    assert.equal(parseIgnore(rules)(path, isFolder), hit, JSON.stringify([rules, path]))
  }
})

test('S4: globs and rules with long runs of slashes and blanks are read at once', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const start = performance.now()
  await assert.rejects(findGlob(root, `a${'/'.repeat(100_000)}b`, signal), (error) =>
    hasCode(error, 'Invalid'),
  )
  assert.equal(parseIgnore(`a${' '.repeat(100_000)}b`)('a', false), false)
  assert.ok(performance.now() - start < 5000)
  assert.equal(parseIgnore('a\\   ')('a ', false), true)
  assert.equal(parseIgnore('a \t ')('a', false), true)
})

test('S4: more ignore rules than anybody writes are refused before they are compiled', () => {
  const rules = (count: number): string =>
    Array.from({ length: count }, (_, at) => `a${at}`).join('\n')
  const start = performance.now()
  assert.throws(
    () => parseIgnore(rules(50_000)),
    (error) => hasCode(error, 'TooLarge'),
  )
  assert.ok(performance.now() - start < 1000)
  assert.equal(parseIgnore(`${rules(1000)}\n${'# comment\n'.repeat(5000)}`)('a999', false), true)
})
