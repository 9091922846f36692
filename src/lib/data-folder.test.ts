import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tempFolder } from '../../test/contracts/sqlite-under-test.ts'
import { hasCode } from '../core/errors.ts'
import { openDataFolder } from './data-folder.ts'

const folder = tempFolder()
after(() => folder.remove())
const modeOf = (path: string): number => statSync(path).mode & 0o777

test('a data folder is made with its parents, for its owner only', () => {
  const { path, databasePath } = openDataFolder(join(folder.path, 'a/b'))
  assert.equal(modeOf(path), 0o700)
  assert.equal(modeOf(databasePath), 0o600)
  assert.deepEqual(openDataFolder(path), { path, databasePath })
})

test('a folder that is empty, or ours, is closed to others; one with other files is left as it is', () => {
  const empty = join(folder.path, 'empty')
  mkdirSync(join(empty, 'lost+found'), { recursive: true })
  chmodSync(empty, 0o755)
  openDataFolder(empty)
  assert.equal(modeOf(empty), 0o700)
  chmodSync(empty, 0o755)
  openDataFolder(empty)
  assert.equal(modeOf(empty), 0o700)

  const home = join(folder.path, 'home')
  mkdirSync(home)
  chmodSync(home, 0o755)
  writeFileSync(join(home, 'letter.txt'), '')
  openDataFolder(home)
  assert.equal(modeOf(home), 0o755)
})

test('a folder that cannot be is one sentence', () => {
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  const proc = existsSync('/proc/self') ? ['/proc/nothing/below'] : []
  for (const path of [file, join(file, 'below'), ...proc])
    assert.throws(
      () => openDataFolder(path),
      (thrown) => hasCode(thrown, 'Unavailable'),
    )
  assert.throws(() => openDataFolder(file), /it is a file, not a folder/)
  assert.ok(readdirSync(folder.path).includes('file'))
})
