import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/differences.md'), 'utf8')

/** Rows of all tables, without their heads: the cells of each. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Kargo |'))
  .map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )

test('each difference from Kargo names a test that exists', () => {
  assert.ok(rows.length > 50, 'the rows are found')
  for (const cells of rows) {
    assert.equal(cells.length, 4, `four cells in: ${cells.join(' | ')}`)
    const path = /^`([^`]+\.test\.ts)`$/.exec(cells[3] ?? '')?.[1]
    assert.ok(path !== undefined && existsSync(join(root, path)), `the test of: ${cells[0]}`)
  }
})

test('no table of it is torn apart by an empty line', () => {
  assert.doesNotMatch(page, /^\|.*\|\n\n\|/m)
})
