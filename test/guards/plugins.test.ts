import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadPlugins } from '../../scripts/generate/load-plugins.ts'
import { sourceFiles } from './source-files.ts'

// Loading fails for a plugin whose file is not called like its kind.
const plugins = await loadPlugins()
const steps = plugins.steps.map(({ kind }) => kind)

describe('plugins', () => {
  it('have kinds in kebab case and a summary that is one sentence', () => {
    for (const { kind, summary } of Object.values(plugins).flat()) {
      assert.match(kind, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
      assert.match(summary, /^[A-Z].*\.$/, kind)
    }
  })

  it('are named by nobody: shared code never depends on which plugin it is', () => {
    const shared = ['core', 'lib', 'runtime', 'engine', 'controllers', 'api', 'cli'].map(
      (folder) => `src/${folder}`,
    )
    const files = sourceFiles(...shared, 'ui')
    const wrong = files.flatMap(({ path, text }) => {
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      const named = steps.filter((kind) => kind.includes('-') && code.includes(`'${kind}'`))
      const compared = [...code.matchAll(/\buses\s*[!=]==?\s*'([^']*)'/g)].map(([, kind]) => kind)
      return [...named, ...compared].map((kind) => `${path}: ${kind}`)
    })
    assert.deepEqual(wrong, [])
  })

  it('have examples that their own schemas take', () => {
    for (const step of plugins.steps) assert.doesNotThrow(() => step.parse(step.example), step.kind)
    for (const source of plugins.sources) {
      assert.ok(source.subscription.safeParse(source.example).success, source.kind)
      assert.deepEqual(source.check(source.example), [], source.kind)
    }
    for (const provider of plugins.credentials) {
      if (provider.from === 'ambient') continue
      assert.ok(provider.keys.safeParse(provider.example).success, provider.kind)
      for (const key of provider.secretKeys) assert.ok(key in provider.example, provider.kind)
    }
    for (const metric of plugins.metrics) {
      assert.ok(metric.provider.safeParse(metric.example).success, metric.kind)
    }
  })
})
