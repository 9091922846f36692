import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { pushSampleImage, startRegistry, type Registry } from '../../test/servers/registry.ts'
import { createSourceContext } from '../../test/source-context.ts'
import type { JsonObject } from '../core/json.ts'
import image from './image.ts'

const ctx = createSourceContext()
after(() => ctx.close())

let registry: Registry
beforeEach(async () => {
  ctx.cache.clear()
  registry = await startRegistry({ pageSize: 3 })
})
afterEach(() => registry.close())

interface Reference {
  tag: string
  digest: string
  createdAt?: string
  annotations?: Record<string, string>
}

async function discover(more: JsonObject = {}): Promise<Reference[]> {
  const subscription = { repoURL: `${registry.host}/app`, ...more }
  const { list, entry } = await image.discover(ctx, subscription, undefined)
  assert.equal(list, 'images')
  assert.equal(entry['repoURL'], subscription.repoURL)
  return entry['references'] as unknown as Reference[]
}

async function tagsOf(more: JsonObject = {}): Promise<string[]> {
  return (await discover(more)).map(({ tag }) => tag)
}

async function push(...tags: readonly string[]): Promise<void> {
  for (const tag of tags) await pushSampleImage(registry, 'app', tag)
}

test('SemVer is the default: strict versions, best first', async () => {
  await push('1.0.0', 'v1.10.0', '1.9.0', '1.2', 'latest', '2.0.0-rc.1')
  assert.deepEqual(await tagsOf(), ['2.0.0-rc.1', 'v1.10.0', '1.9.0', '1.0.0'])
  assert.deepEqual(await tagsOf({ constraint: '^1.0.0' }), ['v1.10.0', '1.9.0', '1.0.0'])
  assert.deepEqual(await tagsOf({ constraint: '~1.2', strictSemvers: false }), ['1.2'])
})

test('the discovery limit holds, and no more manifests are asked for than it needs', async () => {
  await push('1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0', '1.5.0')
  registry.log.length = 0
  assert.deepEqual(await tagsOf({ discoveryLimit: 2 }), ['1.5.0', '1.4.0'])
  const asked = registry.log.filter(({ method }) => method === 'HEAD')
  assert.equal(asked.length, 2)
})

test('tags of one digest share its manifest and its config', async () => {
  const tags = Array.from({ length: 12 }, (_, patch) => `1.0.${patch}`)
  const same = { content: 'same', created: '2026-01-01T00:00:00Z' }
  for (const tag of tags) await pushSampleImage(registry, 'app', tag, same)
  registry.log.length = 0
  const found = await discover()
  assert.equal(found.length, tags.length)
  assert.equal(new Set(found.map(({ digest }) => digest)).size, 1)
  assert.equal(registry.log.filter(({ method }) => method === 'HEAD').length, tags.length)
  // The list of tags, one manifest, one config.
  const gets = registry.log.filter(({ method, path }) => method === 'GET' && !/tags/.test(path))
  assert.equal(gets.length, 2)
})

test('an image comes with digest, annotations and build date', async () => {
  const digest = await pushSampleImage(registry, 'app', '1.0.0', {
    created: '2026-03-04T05:06:07.89Z',
    annotations: { a: 'b' },
  })
  const expected = {
    tag: '1.0.0',
    digest,
    annotations: { a: 'b' },
    createdAt: '2026-03-04T05:06:07Z',
  }
  assert.deepEqual(await discover(), [expected])
})

test('ignored tags are out, allowed ones in', async () => {
  await push('1.0.0', '1.1.0', '1.2.0-debug', '2.0.0')
  const rules = { allowTagsRegexes: ['^1\\.'], ignoreTagsRegexes: ['debug'] }
  assert.deepEqual(await tagsOf(rules), ['1.1.0', '1.0.0'])
})

test('Lexical orders by bytes, whatever the tags look like', async () => {
  await push('a', 'nightly-20260101', 'nightly-20260301', 'B')
  const lexical = { imageSelectionStrategy: 'Lexical' }
  assert.deepEqual(await tagsOf(lexical), ['nightly-20260301', 'nightly-20260101', 'a', 'B'])
  const limited = { ...lexical, allowTagsRegexes: ['^nightly-'], discoveryLimit: 1 }
  assert.deepEqual(await tagsOf(limited), ['nightly-20260301'])
})

test('NewestBuild orders by when images were built', async () => {
  await pushSampleImage(registry, 'app', 'old', { created: '2026-01-01T00:00:00Z' })
  await pushSampleImage(registry, 'app', 'new', { created: '2026-03-01T00:00:00Z' })
  await pushSampleImage(registry, 'app', 'same-a', { created: '2026-02-01T00:00:00Z' })
  await pushSampleImage(registry, 'app', 'same-b', { created: '2026-02-01T00:00:00Z' })
  const newest = { imageSelectionStrategy: 'NewestBuild' }
  assert.deepEqual(await tagsOf(newest), ['new', 'same-b', 'same-a', 'old'])
  assert.deepEqual(await tagsOf({ ...newest, discoveryLimit: 1 }), ['new'])
})

test('NewestBuild puts what does not tell when it was built last, by tag', async () => {
  const oci = 'org.opencontainers.image.created'
  await pushSampleImage(registry, 'app', 'dated', { created: '1970-01-01T00:00:00Z' })
  await pushSampleImage(registry, 'app', 'zero', { created: '0001-01-01T00:00:00Z' })
  await pushSampleImage(registry, 'app', 'none', { created: '' })
  await pushSampleImage(registry, 'app', 'nonsense', { created: 'yesterday' })
  await pushSampleImage(registry, 'app', 'year', { created: '', labels: { [oci]: '2026' } })
  await pushSampleImage(registry, 'app', 'label', {
    created: '2026-01-01T00:00:00.123456789Z',
    labels: { [oci]: 'some day' },
  })
  const found = await discover({ imageSelectionStrategy: 'NewestBuild' })
  assert.deepEqual(
    found.map(({ tag, createdAt = 'untold' }) => `${tag} ${createdAt}`),
    [
      'label 2026-01-01T00:00:00Z',
      'dated 1970-01-01T00:00:00Z',
      'zero untold',
      'year untold',
      'nonsense untold',
      'none untold',
    ],
  )
})

test('the build date is that of the annotations, else the later of labels and config', async () => {
  const created = '2026-01-01T00:00:00Z'
  const [oci, schema] = ['org.opencontainers.image.created', 'org.label-schema.build-date']
  const at = (day: number): string => `2026-02-0${day}T00:00:00Z`
  await pushSampleImage(registry, 'app', '1.0.0', {
    created,
    annotations: { [oci]: at(1), [schema]: at(9) },
    labels: { [oci]: at(8) },
  })
  await pushSampleImage(registry, 'app', '2.0.0', { created, annotations: { [schema]: at(2) } })
  await pushSampleImage(registry, 'app', '3.0.0', { created, labels: { [schema]: at(3) } })
  await pushSampleImage(registry, 'app', '4.0.0', { created: at(4), labels: { [oci]: at(3) } })
  const dates = (await discover()).map(({ createdAt }) => createdAt)
  assert.deepEqual(dates, [at(4), at(3), at(2), at(1)])
})

test('Digest follows one tag, and an absent tag is an empty result', async () => {
  const first = await pushSampleImage(registry, 'app', 'latest', { content: 'first' })
  const digest = { imageSelectionStrategy: 'Digest', constraint: 'latest', cacheByTag: true }
  assert.deepEqual(
    (await discover(digest)).map((found) => found.digest),
    [first],
  )
  const second = await pushSampleImage(registry, 'app', 'latest', { content: 'second' })
  assert.deepEqual(
    (await discover(digest)).map((found) => found.digest),
    [second],
  )
  assert.deepEqual(await discover({ ...digest, constraint: 'absent' }), [])
})

test('an index counts by its own digest, with the newest of its images', async () => {
  const digest = await pushSampleImage(registry, 'app', '1.0.0', {
    platforms: ['linux/amd64', 'linux/arm64/v8'],
    attestation: true,
    created: '2026-03-01T00:00:00Z',
    annotations: { level: 'index' },
    platformAnnotations: { level: 'platform', more: 'x' },
  })
  const [found] = await discover()
  assert.equal(found?.digest, digest)
  assert.equal(found.createdAt, '2026-03-01T00:00:00Z')
  assert.deepEqual(found.annotations, { level: 'index' })
})

test('a platform lets through indexes that have it, and does not use up the limit', async () => {
  await pushSampleImage(registry, 'app', '1.0.0', { platforms: ['linux/amd64', 'linux/arm64'] })
  await pushSampleImage(registry, 'app', '1.1.0', {
    platforms: ['linux/amd64', 'linux/arm64/v8'],
    annotations: { level: 'index', own: 'i' },
    platformAnnotations: { level: 'platform' },
  })
  await pushSampleImage(registry, 'app', '1.2.0', { platforms: ['linux/amd64'], index: true })
  await pushSampleImage(registry, 'app', '1.3.0', { platforms: ['linux/arm64'] })
  assert.deepEqual(await tagsOf({ platform: 'linux/arm64', discoveryLimit: 1 }), ['1.0.0'])
  const [exact, ...others] = await discover({ platform: 'linux/arm64/v8' })
  assert.equal(exact?.tag, '1.1.0')
  assert.deepEqual(exact.annotations, { level: 'platform', own: 'i' })
  assert.deepEqual(others, [])
})

test('a platform is found however far down the index names it', async () => {
  const platforms = [...Array.from({ length: 205 }, () => 'linux/amd64'), 'linux/arm64']
  await pushSampleImage(registry, 'app', '1.0.0', { platforms })
  assert.deepEqual(await tagsOf({ platform: 'linux/arm64' }), ['1.0.0'])
})

test("Docker's own media types are understood", async () => {
  await pushSampleImage(registry, 'app', '1.0.0', { docker: true })
  await pushSampleImage(registry, 'app', '2.0.0', {
    docker: true,
    platforms: ['linux/amd64', 'linux/arm64'],
  })
  assert.deepEqual(await tagsOf(), ['2.0.0', '1.0.0'])
})

test('an index of nothing but attestations, or another artifact, is Invalid', async () => {
  await pushSampleImage(registry, 'app', '1.0.0', { platforms: [], index: true, attestation: true })
  await assert.rejects(discover(), { code: 'Invalid' })
  registry.repo('app').manifests.clear()
  registry.repo('app').tags.clear()
  const put = await fetch(`${registry.url}/v2/app/manifests/2.0.0`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v1+json' },
    body: '{"schemaVersion":1}',
  })
  assert.equal(put.status, 201)
  await assert.rejects(discover(), { code: 'Invalid' })
})

test('what did not change costs no download', async () => {
  await pushSampleImage(registry, 'app', '1.0.0', { platforms: ['linux/amd64', 'linux/arm64'] })
  await push('1.1.0')
  const first = await discover()
  registry.log.length = 0
  assert.deepEqual(await discover(), first)
  const downloads = registry.log.filter(
    ({ method, path, status }) => method === 'GET' && !path.includes('/tags/') && status === 200,
  )
  assert.deepEqual(downloads, [])
})

test('with cacheByTag a tag is read once, and only then', async () => {
  await push('1.0.0')
  const before = await discover({ cacheByTag: true })
  registry.log.length = 0
  await pushSampleImage(registry, 'app', '1.0.0', { content: 'moved' })
  registry.log.length = 0
  assert.deepEqual(await discover({ cacheByTag: true }), before)
  assert.ok(registry.log.every(({ path }) => path.includes('/tags/')))
  assert.notEqual((await discover())[0]?.digest, before[0]?.digest)
})

test('a tag that vanishes between the list and the look is passed over', async () => {
  await push('1.0.0', '2.0.0')
  registry.inject({ method: 'HEAD', path: /2\.0\.0/, status: 404 })
  assert.deepEqual(await tagsOf(), ['1.0.0'])
})

test('the deprecated allowTags and ignoreTags fail the discovery', async () => {
  await push('1.0.0')
  await assert.rejects(discover({ allowTags: '^1' }), { code: 'Invalid' })
  await assert.rejects(discover({ ignoreTags: ['1.0.0'] }), { code: 'Invalid' })
})

test('a registry that cannot be read is an error, never an empty result', async () => {
  await push('1.0.0')
  registry.inject({ path: /tags/, status: 403 })
  await assert.rejects(discover(), { code: 'Forbidden' })
  await assert.rejects(discover({ repoURL: `${registry.host}/absent` }), { code: 'NotFound' })
  await assert.rejects(discover({ repoURL: '127.0.0.1:1/app' }), { code: 'Unreachable' })
})

test('what a schema cannot say is checked', () => {
  const repoURL = 'ghcr.io/example/app'
  assert.deepEqual(image.check({ repoURL, constraint: '^1', platform: 'linux/arm64/v8' }), [])
  const bad: readonly JsonObject[] = [
    { constraint: 'one' },
    { imageSelectionStrategy: 'Digest' },
    ...['a tag', '^1.0.0', `sha256:${'0'.repeat(64)}`, 'a/b', '.a', 'a'.repeat(129)].map(
      (constraint) => ({ imageSelectionStrategy: 'Digest', constraint }),
    ),
    { allowTagsRegexes: ['('] },
    { ignoreTagsRegexes: ['(?!x)'] },
    { platform: 'linux' },
  ]
  for (const more of bad) assert.equal(image.check({ repoURL, ...more }).length, 1)
  for (const constraint of ['latest', '_', 'v1.0-rc.1', 'A'.repeat(128)])
    assert.deepEqual(image.check({ repoURL, imageSelectionStrategy: 'Digest', constraint }), [])
})

test('the schema has the defaults and refuses addresses with tag or scheme', () => {
  const parsed = image.subscription.parse({ repoURL: 'app' }) as JsonObject
  assert.equal(parsed['imageSelectionStrategy'], 'SemVer')
  assert.equal(parsed['strictSemvers'], true)
  assert.equal(parsed['discoveryLimit'], 20)
  for (const repoURL of ['', 'app:1', 'https://ghcr.io/app', 'ghcr.io/app@sha256:00'])
    assert.equal(image.subscription.safeParse({ repoURL }).success, false, repoURL)
  assert.equal(image.subscription.safeParse({ repoURL: 'app', discoveryLimit: 101 }).success, false)
})

test('artifacts rank by the strategy', () => {
  const repoURL = 'app'
  const rank = (imageSelectionStrategy: string, a: JsonObject, b: JsonObject) =>
    image.rank({ repoURL, imageSelectionStrategy }, a, b)
  const older = { createdAt: '2026-01-01T00:00:00Z' }
  const newer = { createdAt: '2026-01-02T00:00:00Z' }
  assert.ok((rank('SemVer', { tag: '1.10.0' }, { tag: '1.9.0' }) ?? 0) > 0)
  assert.ok((rank('Lexical', { tag: '1.10.0' }, { tag: '1.9.0' }) ?? 0) < 0)
  assert.ok((rank('NewestBuild', older, newer) ?? 0) < 0)
  assert.ok((rank('NewestBuild', {}, older) ?? 0) < 0)
  assert.ok((rank('NewestBuild', older, {}) ?? 0) > 0)
  assert.equal(rank('NewestBuild', {}, {}), undefined)
  assert.equal(rank('SemVer', { tag: 'latest' }, { tag: '1.0.0' }), undefined)
  assert.equal(rank('Digest', { tag: 'a' }, { tag: 'b' }), undefined)
})

test('the operator may forbid, force or require caching by tag', async () => {
  const repoURL = `${registry.host}/app`
  await push('1.0.0')
  const lookAt = (cacheByTag: 'Allow' | 'Forbid' | 'Require' | 'Force', more: JsonObject = {}) =>
    image.discover({ ...ctx, settings: { cacheByTag } }, { repoURL, ...more }, undefined)
  await assert.rejects(lookAt('Require'), { code: 'Invalid' })
  assert.equal(image.check({ repoURL }, { cacheByTag: 'Require' }).length, 1)
  assert.equal(image.check({ repoURL, cacheByTag: true }, { cacheByTag: 'Require' }).length, 0)
  const digest = { repoURL, imageSelectionStrategy: 'Digest', constraint: '1.0.0' }
  assert.equal(image.check(digest, { cacheByTag: 'Require' }).length, 0)
  const before = await lookAt('Force')
  await pushSampleImage(registry, 'app', '1.0.0', { content: 'moved' })
  assert.deepEqual(await lookAt('Force'), before)
  assert.notDeepEqual(await lookAt('Forbid', { cacheByTag: true }), before)
})
