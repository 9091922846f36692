import assert from 'node:assert/strict'
import { test } from 'node:test'
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
