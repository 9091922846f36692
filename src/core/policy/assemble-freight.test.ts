import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ArtifactChoice, assembleFreight, choicesOf } from './assemble-freight.ts'
import { buildFreight, type DiscoveredArtifactsView } from './build-freight.ts'
import { offersOf } from './offers.ts'

const git = 'https://github.com/example/manifests.git'
const image = 'ghcr.io/example/app'
const charts = 'https://charts.example.com'
const id = (digit: string): string => digit.repeat(40)

const discovered: DiscoveredArtifactsView = {
  git: [
    {
      repoURL: git,
      commits: [
        { id: id('a'), branch: 'main', subject: 'newest', creatorDate: '2026-01-02T00:00:00Z' },
        { id: `${'b'.repeat(8)}${'1'.repeat(32)}`, subject: 'older' },
        { id: `${'b'.repeat(8)}${'2'.repeat(32)}`, tag: 'v1', subject: 'tagged' },
      ],
    },
  ],
  images: [
    {
      repoURL: image,
      subscriptionName: 'app',
      references: [
        { tag: '2.0.0', digest: 'sha256:two', createdAt: '2026-01-01T00:00:00Z' },
        { tag: '1.0.0', digest: 'sha256:one', annotations: { note: 'first' } },
        { tag: '1.0', digest: 'sha256:one' },
      ],
    },
  ],
  charts: [
    { repoURL: charts, name: 'web', versions: ['3.0.0', '2.9.0'] },
    { repoURL: charts, name: 'db', versions: ['1.1.0'] },
  ],
  results: [
    {
      name: 'models',
      artifactReferences: [
        { artifactType: 'http', subscriptionName: 'models', version: '8' },
        { artifactType: 'http', subscriptionName: 'models', version: '7' },
      ],
    },
  ],
}

const assemble = (...choices: ArtifactChoice[]) =>
  assembleFreight({ warehouse: 'web', subscriptions: 5, discovered, choices })

function made(...choices: ArtifactChoice[]) {
  const assembly = assemble(...choices)
  if ('problem' in assembly) throw new Error(assembly.problem.message)
  return assembly.freight
}

test('where nothing is chosen it is what the Warehouse itself would make, with its name', () => {
  assert.deepEqual(made(), buildFreight('web', discovered))
  const assembly = assemble()
  assert.match('name' in assembly ? assembly.name : '', /^[0-9a-f]{40}$/u)
})

test('a choice replaces the best artifact of its subscription, and no other', () => {
  const best = buildFreight('web', discovered)
  const freight = made({ subscription: 'app', version: '1.0.0' })
  assert.deepEqual(freight.images, [
    {
      repoURL: image,
      tag: '1.0.0',
      digest: 'sha256:one',
      annotations: { note: 'first' },
      subscriptionName: 'app',
    },
  ])
  assert.deepEqual(freight, { ...best, images: freight.images })
  assert.equal(made({ subscription: 'models', version: '7' }).artifacts?.[0]?.version, '7')
})

test('subscriptions and artifacts are named in every way that tells them apart', () => {
  const imageBy = (subscription: string, version: string) =>
    made({ subscription, version }).images?.[0]?.tag
  assert.equal(imageBy('app', '1.0@sha256:one'), '1.0')
  assert.equal(imageBy('GHCR.io/example/app', '1.0'), '1.0')
  assert.equal(imageBy(image, 'sha256:two'), '2.0.0')
  const commitBy = (version: string) =>
    made({ subscription: git.replace('.git', '/'), version }).commits?.[0]?.message
  assert.equal(commitBy('v1'), 'tagged')
  assert.equal(commitBy(id('a').slice(0, 7)), 'newest')
  assert.equal(commitBy(`${'b'.repeat(8)}1`), 'older')
  const chartsBy = (subscription: string, version: string) =>
    made({ subscription, version }).charts?.map((chart) => chart.version)
  assert.deepEqual(chartsBy(`${charts} web`, '2.9.0'), ['2.9.0', '1.1.0'])
})

test('what is not one thing is refused, by field, and with what there is', () => {
  const cases: readonly (readonly [ArtifactChoice[], string, RegExp])[] = [
    [
      [{ subscription: 'nginx', version: '1' }],
      'artifacts[0].subscription',
      /"nginx".*known: .*app/u,
    ],
    [[{ subscription: charts, version: '1.1.0' }], 'artifacts[0].subscription', /web.*db/u],
    [[{ subscription: 'app', version: '9' }], 'artifacts[0].version', /"9".*2\.0\.0/u],
    [[{ subscription: 'app', version: 'sha256:one' }], 'artifacts[0].version', /not one/u],
    [[{ subscription: 'app', version: '' }], 'artifacts[0].version', /not one/u],
    [[{ subscription: git, version: 'b'.repeat(8) }], 'artifacts[0].version', /not one/u],
    [[{ subscription: git, version: 'aaaaaa' }], 'artifacts[0].version', /not one/u],
    [
      [
        { subscription: 'app', version: '1.0' },
        { subscription: image, version: '2.0.0' },
      ],
      'artifacts[1].subscription',
      /already/u,
    ],
  ]
  for (const [choices, field, message] of cases) {
    const assembly = assemble(...choices)
    assert.ok('problem' in assembly, JSON.stringify(choices))
    assert.equal(assembly.problem.field, field)
    assert.match(assembly.problem.message, message)
  }
})

test('a subscription without artifacts, or without an answer yet, is missing', () => {
  const nothing = { ...discovered, images: [{ repoURL: image, references: [] }] }
  for (const [input, subscriptions] of [
    [nothing, 5],
    [discovered, 6],
    [undefined, 1],
  ] as const) {
    const assembly = assembleFreight({
      warehouse: 'web',
      subscriptions,
      discovered: input,
      choices: [],
    })
    assert.ok('problem' in assembly)
    assert.equal(assembly.problem.field, 'artifacts')
  }
})

test('each offer can be chosen by what it is called, and by nothing else', () => {
  for (const { subscription, artifacts } of offersOf(discovered)) {
    for (const { version } of artifacts) {
      assert.ok(!('problem' in assemble({ subscription, version })), `${subscription} ${version}`)
    }
  }
  assert.deepEqual(
    offersOf(discovered).map(({ subscription }) => subscription),
    [git, 'app', `${charts} web`, `${charts} db`, 'models'],
  )
  assert.deepEqual(offersOf(discovered)[0]?.artifacts[0], {
    version: id('a'),
    title: 'aaaaaaa',
    note: 'newest',
    at: '2026-01-02T00:00:00Z',
  })
})

test('the artifacts of a Freight that is there can be chosen again, but for those that are found no longer', () => {
  const old = made(
    { subscription: 'app', version: '1.0' },
    { subscription: git, version: 'v1' },
    { subscription: `${charts} web`, version: '2.9.0' },
    { subscription: 'models', version: '7' },
  )
  const { choices, lost } = choicesOf(old, discovered)
  assert.deepEqual(lost, [])
  assert.deepEqual(made(...choices), old)
  const shorter = {
    ...discovered,
    images: discovered.images?.map((each) => ({
      ...each,
      references: each.references?.filter(({ tag }) => tag !== '1.0'),
    })),
  }
  const rest = choicesOf(old, shorter)
  assert.deepEqual(rest.lost, ['1.0'])
  assert.deepEqual(
    rest.choices.map(({ subscription }) => subscription),
    choices.map(({ subscription }) => subscription).filter((name) => name !== 'app'),
  )
})

test('refusals name the Warehouse and what there is, but for a list that is too long', () => {
  const refusal = (tags: readonly string[], choice?: ArtifactChoice, subscriptions = 1): string => {
    const references = tags.map((tag) => ({ tag }))
    const assembly = assembleFreight({
      warehouse: 'web',
      subscriptions,
      discovered: { images: [{ repoURL: image, references }] },
      choices: choice ? [choice] : [],
    })
    assert.ok('problem' in assembly)
    return assembly.problem.message
  }
  const absent = { subscription: image, version: '9' }
  const what = `"9" is not one artifact that ${image} has found; `
  assert.equal(refusal(['1', '2'], absent), `${what}known: 1, 2`)
  assert.equal(refusal(['1', '2', '3', '4', '5'], absent), `${what}known: 1, 2, 3, 4, 5`)
  const seven = ['1', '2', '3', '4', '5', '6', '7']
  assert.equal(refusal(seven, absent), `${what}known: 1, 2, 3, 4, 5 and 2 more`)
  assert.equal(refusal([], absent), `${what}nothing is known`)
  assert.equal(
    refusal(seven, { subscription: 'nginx', version: '1' }),
    `"nginx" is not one subscription of warehouse web; known: ${image}`,
  )
  assert.equal(
    refusal(seven, undefined, 2),
    'warehouse web has found artifacts of 1 of its 2 subscriptions',
  )
})

test('what has found nothing offers nothing, and what has no name goes by its address', () => {
  assert.deepEqual([offersOf(undefined), offersOf({})], [[], []])
  const chart = 'oci://ghcr.io/example/chart'
  const sparse: DiscoveredArtifactsView = {
    git: [{ repoURL: git }],
    images: [{ repoURL: image, references: [{ tag: '', digest: `sha256:${id('c')}` }] }],
    charts: [{ repoURL: chart, versions: ['1.0.0'] }, { repoURL: charts }],
    results: [{ name: 'models' }],
  }
  assert.deepEqual(
    offersOf(sparse).map(({ subscription, artifacts }) => [
      subscription,
      artifacts.map(({ version, title }) => `${version} ${title}`),
    ]),
    [
      [git, []],
      [image, [`sha256:${id('c')} sha256:${'c'.repeat(12)}`]],
      [chart, ['1.0.0 1.0.0']],
      [charts, []],
      ['models', []],
    ],
  )
})

test('of a Freight only what its Warehouse still subscribes to is chosen again', () => {
  const { choices, lost } = choicesOf(
    { images: [{ repoURL: image, tag: '1.0.0', digest: 'sha256:one', subscriptionName: 'app' }] },
    discovered,
  )
  assert.deepEqual(
    { choices, lost },
    { choices: [{ subscription: 'app', version: '1.0.0' }], lost: [] },
  )
  assert.deepEqual(choicesOf({}, discovered), { choices: [], lost: [] })
  assert.deepEqual(choicesOf(made(), undefined), { choices: [], lost: [] })
})
