import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runSemverConformance } from '../../scripts/conformance-semver.ts'

const root = join(import.meta.dirname, '..', '..')
const shared = process.env['GANTRY_CONFORMANCE_DIR'] ?? join(root, '..', 'shared', 'conformance')
const files = [join(import.meta.dirname, 'semver.json'), join(shared, 'semver.json')]

for (const [index, file] of files.entries()) {
  if (!existsSync(file)) continue
  test(`semver agrees with the ${index === 0 ? "project's own" : 'shared'} vectors`, () => {
    const { passed, mismatches } = runSemverConformance(file)
    assert.deepEqual(mismatches, [])
    assert.ok(passed >= 300, `only ${passed} checks`)
  })
}
