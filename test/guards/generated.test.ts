import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { it } from 'node:test'
import { root } from './source-files.ts'

it('what is generated is fresh', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/generate.ts'), '--check'],
    { encoding: 'utf8' },
  )
  assert.equal(stderr, '')
  assert.equal(status, 0)
})
