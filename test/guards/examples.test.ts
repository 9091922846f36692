import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadPlugins } from '../../scripts/generate/load-plugins.ts'
import { isJsonObject } from '../../src/core/json.ts'
import { allKinds } from '../../src/core/kinds/index.ts'
import { parseManifest } from '../../src/core/kinds/parse.ts'
import { readManifests } from '../../src/lib/manifest-yaml.ts'
import { createHome } from '../admission-kit.ts'
import { root } from './source-files.ts'

const examples = globSync('examples/**/*.{yaml,yml,json}', { cwd: root }).sort()

function manifestsOf(path: string): object[] {
  return readManifests(readFileSync(join(root, path), 'utf8')).map((entry) => {
    if ('error' in entry) throw entry.error
    assert.ok(isJsonObject(entry.value), path)
    return entry.value
  })
}

describe('examples', () => {
  for (const path of examples) {
    it(`parse strictly: ${path}`, () => {
      for (const manifest of manifestsOf(path)) {
        assert.deepEqual(parseManifest(manifest, { strict: true }).warnings, [])
      }
    })
  }

  it('show every kind', () => {
    const shown = new Set(
      examples
        .filter((path) => path.startsWith('examples/reference/'))
        .flatMap(manifestsOf)
        .map((manifest) => parseManifest(manifest, { strict: true }).kind),
    )
    const missing = allKinds.filter((kind) => !shown.has(kind))
    assert.deepEqual(
      missing.map(({ kind }) => kind),
      [],
    )
  })

  it('of the quickstart are let in, in the order of their files', async () => {
    const { sources, steps } = await loadPlugins()
    const home = createHome({
      sources: new Map(sources.map((source) => [source.kind, source])),
      stepKinds: new Set(steps.map(({ kind }) => kind)),
    })
    for (const path of examples.filter((each) => each.startsWith('examples/quickstart/'))) {
      for (const manifest of manifestsOf(path)) await home.createStrictly(manifest)
    }
  })
})
