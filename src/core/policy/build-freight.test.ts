import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { freightName } from '../names.ts'
import { buildFreight, findMissing, type DiscoveredArtifactsView } from './build-freight.ts'

const git = { repoURL: 'https://example.com/app.git', commits: [{ id: 'c1' }, { id: 'c0' }] }
const image = { repoURL: 'ghcr.io/example/app', references: [{ tag: '1.0.0', digest: 'sha256:a' }] }
const chart = { repoURL: 'https://charts.example.com', name: 'app', versions: ['2.0.0', '1.0.0'] }
const custom = {
  name: 'models',
  artifactReferences: [{ artifactType: 'model', subscriptionName: 'models', version: '7' }],
}
const everything = { git: [git], images: [image], charts: [chart], results: [custom] }

test('a Freight holds the best artifact of each subscription, and the subject as message', () => {
  const discovered: DiscoveredArtifactsView = {
    git: [
      {
        repoURL: git.repoURL,
        subscriptionName: 'source',
        commits: [
          { id: 'c1', branch: '', tag: 'v1', subject: 'add it', author: 'A <a@x>', committer: '' },
        ],
      },
      git,
    ],
    images: [
      { ...image, references: [{ tag: '1', digest: 'sha256:a', annotations: { k: 'v' } }] },
      { ...image, references: [{ tag: '2', digest: 'sha256:b', annotations: {} }] },
    ],
    charts: [chart],
    results: [custom],
  }
  assert.deepEqual(buildFreight('web', discovered), {
    origin: { kind: 'Warehouse', name: 'web' },
    commits: [
      {
        repoURL: git.repoURL,
        id: 'c1',
        tag: 'v1',
        message: 'add it',
        author: 'A <a@x>',
        subscriptionName: 'source',
      },
      { repoURL: git.repoURL, id: 'c1' },
    ],
    images: [
      { repoURL: image.repoURL, tag: '1', digest: 'sha256:a', annotations: { k: 'v' } },
      { repoURL: image.repoURL, tag: '2', digest: 'sha256:b' },
    ],
    charts: [{ repoURL: chart.repoURL, name: 'app', version: '2.0.0' }],
    artifacts: [{ artifactType: 'model', subscriptionName: 'models', version: '7' }],
  })
})

test('lists without artifacts are left out of a Freight', () => {
  assert.deepEqual(Object.keys(buildFreight('web', { images: [image] })), ['origin', 'images'])
})

test('nothing is missing when each subscription has an artifact', () => {
  assert.equal(findMissing(everything), undefined)
})

test('each kind of missing artifact has its own reasons', () => {
  const cases: readonly [DiscoveredArtifactsView, string, string][] = [
    [{}, 'MissingArtifacts', 'MissingArtifacts'],
    [{ git: [], images: [] }, 'MissingArtifacts', 'MissingArtifacts'],
    [{ ...everything, git: [git, { repoURL: 'x' }] }, 'NoCommitsDiscovered', 'MissingCommits'],
    [
      { ...everything, images: [{ ...image, references: [] }] },
      'NoImageReferencesDiscovered',
      'MissingImageReferences',
    ],
    [
      { ...everything, charts: [{ ...chart, versions: [] }] },
      'NoChartVersionsDiscovered',
      'MissingChartVersions',
    ],
    [{ ...everything, results: [{ name: 'm' }] }, 'NoArtifactsDiscovered', 'MissingArtifacts'],
  ]
  for (const [discovered, healthyReason, readyReason] of cases) {
    const found = findMissing(discovered)
    assert.equal(found?.healthyReason, healthyReason)
    assert.equal(found.readyReason, readyReason)
  }
})

test('any two kinds of artifacts are enough to make something of', () => {
  const parts: DiscoveredArtifactsView[] = [
    { git: [git] },
    { images: [image] },
    { charts: [chart] },
    { results: [custom] },
  ]
  for (const a of parts) for (const b of parts) assert.equal(findMissing({ ...a, ...b }), undefined)
})

test('what is missing is said by its address', () => {
  const said = (discovered: DiscoveredArtifactsView): string | undefined =>
    findMissing(discovered)?.message
  assert.equal(said({}), 'no artifacts were discovered')
  assert.equal(
    said({ git: [{ repoURL: git.repoURL }] }),
    `no commits discovered in git repository ${git.repoURL}`,
  )
  assert.equal(
    said({ images: [{ repoURL: image.repoURL }] }),
    `no image references discovered in repository ${image.repoURL}`,
  )
  const { repoURL, name } = chart
  assert.equal(
    said({ charts: [{ repoURL, name }] }),
    `no versions discovered of chart ${repoURL} ${name}`,
  )
  assert.equal(said({ charts: [{ repoURL }] }), `no versions discovered of chart ${repoURL}`)
  assert.equal(said({ results: [{ name: 'm' }] }), 'no artifacts discovered by subscription m')
  assert.equal(said({ results: [{}] }), 'no artifacts discovered by subscription ')
})

test('a subscription without artifacts gives a Freight nothing', () => {
  const { repoURL } = git
  for (const nothing of [undefined, []]) {
    const content = buildFreight('web', {
      git: [{ repoURL, commits: nothing }],
      images: [{ repoURL, references: nothing }, image],
      charts: [{ repoURL, versions: nothing }],
      results: [{ artifactReferences: nothing }],
    })
    assert.deepEqual(Object.keys(content), ['origin', 'images'])
    assert.equal(content.images?.length, 1)
  }
  assert.deepEqual(Object.keys(buildFreight('web', { git: [git] })), ['origin', 'commits'])
})

test('an artifact of another kind keeps its metadata, and may have no type', () => {
  const metadata = { size: 3 }
  const reference = { subscriptionName: 'models', version: '7', metadata }
  const { artifacts } = buildFreight('web', { results: [{ artifactReferences: [reference] }] })
  assert.deepEqual(artifacts, [{ artifactType: '', ...reference }])
  assert.ok(!('metadata' in (buildFreight('web', { results: [custom] }).artifacts?.[0] ?? {})))
})

/** Subscriptions of all types, told apart by address and name, each with one artifact. */
const subscribed = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom('git', 'images', 'charts', 'results'),
    of: fc.nat(3),
    version: fc.nat(2),
    name: fc.constantFrom('', 'x', 'y'),
  }),
  { maxLength: 8, selector: ({ type, of, name }) => `${type} ${of} ${name}` },
)
type Subscribed = typeof subscribed extends fc.Arbitrary<infer T> ? T : never

function discoveredOf(subscriptions: Subscribed): DiscoveredArtifactsView {
  const ofType = (wanted: string) => subscriptions.filter(({ type }) => type === wanted)
  const named = (name: string) => ({ ...(name !== '' && { subscriptionName: name }) })
  return {
    git: ofType('git').map(({ of, version, name }) => ({
      repoURL: `https://git.example/${of}.git`,
      commits: [{ id: String(version), author: 'A' }, { id: 'older' }],
      ...named(name),
    })),
    images: ofType('images').map(({ of, version, name }) => ({
      repoURL: `example.com/${of}`,
      references: [{ tag: String(version), digest: `sha256:${version}` }],
      ...named(name),
    })),
    charts: ofType('charts').map(({ of, version, name }) => ({
      repoURL: 'https://charts.example',
      name: `c${of}`,
      versions: [`1.0.${version}`],
      ...named(name),
    })),
    results: ofType('results').map(({ of, version, name }) => ({
      artifactReferences: [
        { artifactType: 'model', subscriptionName: `${of}${name}`, version: String(version) },
      ],
    })),
  }
}

test('the name of a Freight says which artifacts it holds, in whatever order the subscriptions stand', () => {
  const nameOf = (subscriptions: Subscribed): string =>
    freightName(buildFreight('web', discoveredOf(subscriptions)))
  const setOf = (subscriptions: Subscribed): string =>
    JSON.stringify(
      subscriptions
        .map(({ type, of, name, version }) => `${type} ${of} ${name} ${version}`)
        .toSorted(),
    )
  const shuffled = subscribed.chain((one) =>
    fc.tuple(
      fc.constant(one),
      fc.shuffledSubarray(one, { minLength: one.length, maxLength: one.length }),
    ),
  )
  fc.assert(
    fc.property(shuffled, subscribed, ([one, same], other) => {
      assert.equal(nameOf(one), nameOf(same))
      assert.equal(nameOf(one) === nameOf(other), setOf(one) === setOf(other))
    }),
  )
})
