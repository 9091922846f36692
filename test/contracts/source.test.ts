import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { hasCode } from '../../src/core/errors.ts'
import { sources } from '../../src/plugins.gen.ts'
import type { Discovered, Source } from '../../src/source.ts'
import { createSourceContext } from '../source-context.ts'
import { sourceRemotes, type SourceRemote, type SourceRemotes } from './source-harness.ts'

interface World extends SourceRemote {
  readonly source: Source
  discover(more?: JsonObject, previous?: Discovered): Promise<Discovered>
  versions(result: Discovered): string[]
}

async function setUp(t: TestContext, { kind, start }: SourceRemotes): Promise<World> {
  const source = sources.find((each) => each.kind === kind)
  assert.ok(source)
  const remote = await start(t)
  const ctx = createSourceContext(remote.mirrors && { mirrors: remote.mirrors })
  t.after(() => ctx.close())
  return {
    ...remote,
    source,
    discover: (more = {}, previous) =>
      source.discover(ctx, { ...remote.subscription(), ...more }, previous),
    versions: (result) => artifactsOf(result).map(remote.versionOf),
  }
}

const listKeys = {
  git: 'commits',
  images: 'references',
  charts: 'versions',
  results: 'artifactReferences',
}

function artifactsOf({ list, entry }: Discovered): JsonObject[] {
  const artifacts = entry[listKeys[list]]
  assert.ok(Array.isArray(artifacts))
  return artifacts.map((artifact) =>
    typeof artifact === 'string' ? { version: artifact } : (artifact as JsonObject),
  )
}

const published = ['1.0.0', '1.2.0', '1.10.0', '1.9.0', '1.11.0']
const bestFirst = ['1.11.0', '1.10.0', '1.9.0', '1.2.0', '1.0.0']

for (const source of sources) {
  test(`${source.kind}: the example parses and has no problems`, () => {
    assert.deepEqual(source.check(source.example), [])
    assert.notEqual(source.remote(source.example), '')
    assert.equal(source.subscription.safeParse({}).success, false)
    const remotes = sourceRemotes.filter(({ kind }) => kind === source.kind)
    assert.notEqual(remotes.length, 0, 'it has a remote in source-harness.ts')
  })
}

for (const remotes of sourceRemotes) {
  const { name } = remotes

  test(`${name}: artifacts come best first, over all pages, and in the order of rank`, async (t) => {
    const { publish, discover, versions, subscription, source } = await setUp(t, remotes)
    for (const version of published) await publish(version)
    const result = await discover()
    const own = subscription()
    assert.equal(result.list, source.list)
    assert.equal(result.entry['repoURL'], own['repoURL'])
    assert.deepEqual(versions(result), bestFirst)
    const artifacts = artifactsOf(result)
    for (const [index, better] of artifacts.entries())
      for (const worse of artifacts.slice(index + 1)) {
        assert.ok((source.rank(own, better, worse) ?? 0) > 0)
        assert.ok((source.rank(own, worse, better) ?? 0) < 0)
      }
  })

  test(`${name}: the limit keeps the best`, async (t) => {
    const { publish, discover, versions } = await setUp(t, remotes)
    for (const version of published) await publish(version)
    assert.deepEqual(versions(await discover({ discoveryLimit: 2 })), bestFirst.slice(0, 2))
  })

  test(`${name}: what did not change is found again without a download`, async (t) => {
    const { publish, discover, versions, downloads } = await setUp(t, remotes)
    await publish('1.0.0')
    const first = await discover()
    assert.ok(downloads() > 0)
    assert.deepEqual(await discover({}, first), first)
    assert.equal(downloads(), 0)
    await publish('1.1.0')
    assert.deepEqual(versions(await discover({}, first)), ['1.1.0', '1.0.0'])
  })

  test(`${name}: a remote that refuses or cannot answer is an error with its code`, async (t) => {
    const { publish, discover, failWith } = await setUp(t, remotes)
    await publish('1.0.0')
    const first = await discover()
    failWith(401)
    await assert.rejects(discover({}, first), { code: 'Unauthorized' })
  })

  test(`${name}: a remote that limits requests is RateLimited`, async (t) => {
    const { publish, discover, failWith } = await setUp(t, remotes)
    await publish('1.0.0')
    failWith(429)
    await assert.rejects(discover(), { code: 'RateLimited' })
  })

  test(`${name}: nothing there is a result or NotFound, never a made-up artifact`, async (t) => {
    const { discover, versions } = await setUp(t, remotes)
    const found = await discover().then(versions, (thrown: unknown) => {
      assert.ok(hasCode(thrown, 'NotFound'))
      return []
    })
    assert.deepEqual(found, [])
  })
}
