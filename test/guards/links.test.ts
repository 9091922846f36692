import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { root } from './source-files.ts'

const pages = globSync(['*.md', 'docs/**/*.md', 'test/**/*.md'], { cwd: root })
const link = /\]\((?!https?:|mailto:|#)([^)\s]+)\)/g

/** As the places that show these pages make addresses out of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test('each link from page to page leads somewhere', () => {
  const broken: string[] = []
  let count = 0
  for (const page of pages) {
    for (const [, target = ''] of readFileSync(join(root, page), 'utf8').matchAll(link)) {
      count += 1
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path)
      const isThere =
        existsSync(file) &&
        (anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).has(anchor))
      if (!isThere) broken.push(`${page}: ${target}`)
    }
  }
  assert.ok(count > 30, 'the links are found')
  assert.deepEqual(broken, [])
})
