import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './source-files.ts'

/** Pages whose tables say what Gantry does, with the tests that show it in the last column. */
const pages = [
  { page: 'docs/differences.md', columns: 4, head: 'Kargo', atLeast: 50 },
  { page: 'docs/concepts/security.md', columns: 3, head: 'Class', atLeast: 30 },
]

for (const { page, columns, head, atLeast } of pages) {
  const text = readFileSync(join(root, page), 'utf8')

  test(`each row of ${page} names tests that exist`, () => {
    const rows = text
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith(`| ${head} |`))
      .map((line) =>
        line
          .slice(1, line.lastIndexOf('|'))
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim()),
      )
    assert.ok(rows.length >= atLeast, 'the rows are found')
    for (const cells of rows) {
      assert.equal(cells.length, columns, `cells of: ${cells.join(' | ')}`)
      for (const named of (cells.at(-1) ?? '').split(', ')) {
        const path = /^`([^`]+\.test\.ts)`$/.exec(named)?.[1]
        assert.ok(path !== undefined && existsSync(join(root, path)), `${named} of: ${cells[0]}`)
      }
    }
  })

  test(`no table of ${page} is torn apart by an empty line`, () => {
    assert.doesNotMatch(text, /^\|.*\|\n\n\|/m)
  })
}
