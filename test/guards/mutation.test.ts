import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as collected from '../../scripts/mutation/collected-tests.ts'
import { root } from './source-files.ts'

test('tests of the policy use nothing of `node:test` that a mutation run has not', () => {
  const files = globSync('src/core/policy/*.test.ts', { cwd: root })
  assert.notEqual(files.length, 0)
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    const names = /import \{([^}]*)\} from 'node:test'/.exec(text)?.[1] ?? ''
    for (const name of names.split(','))
      assert.ok(name.trim() in collected, `${file} imports ${name.trim()}`)
  }
})
