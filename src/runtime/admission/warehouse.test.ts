import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { assertRefused, createDemoHome, manifest } from '../../../test/admission-kit.ts'

const repo = 'https://example.com/r.git'

function warehouse(subscriptions: readonly object[], spec: object = {}): object {
  return manifest('Warehouse', 'w', { spec: { subscriptions, ...spec } })
}

describe('admission of Warehouses', () => {
  it('fills in the defaults of the spec and of each subscription', async () => {
    const home = await createDemoHome()
    const { object, warnings } = await home.create(
      warehouse([{ git: { repoURL: repo } }, { name: 'app', image: { repoURL: 'nginx' } }]),
    )
    assert.deepEqual(warnings, [])
    assert.deepEqual(object['spec'], {
      interval: '5m0s',
      freightCreationPolicy: 'Automatic',
      subscriptions: [
        {
          git: {
            repoURL: repo,
            commitSelectionStrategy: 'NewestFromBranch',
            strictSemvers: true,
            discoveryLimit: 20,
          },
        },
        {
          name: 'app',
          image: {
            repoURL: 'nginx',
            imageSelectionStrategy: 'SemVer',
            strictSemvers: true,
            discoveryLimit: 20,
          },
        },
      ],
    })
  })

  it('is stable: what was stored is stored the same again', async () => {
    const home = await createDemoHome()
    const first = await home.create(warehouse([{ image: { repoURL: 'nginx' } }]))
    const again = await home.update(first.object)
    assert.equal(again.object.metadata.resourceVersion, first.object.metadata.resourceVersion)
  })

  it('keeps the shard label like the spec', async () => {
    const home = await createDemoHome()
    const subscriptions = [{ image: { repoURL: 'nginx' } }]
    const made = await home.create(warehouse(subscriptions, { shard: 'eu' }))
    assert.deepEqual(made.object.metadata.labels, { 'kargo.akuity.io/shard': 'eu' })
    const labelled = { ...made.object, spec: { subscriptions } }
    const { object } = await home.update(labelled)
    assert.equal(object.metadata.labels, undefined)
  })

  it('wants one key that names a source that there is', async () => {
    const home = await createDemoHome()
    const field = 'spec.subscriptions[0]'
    const image = { repoURL: 'nginx' }
    for (const subscription of [
      {},
      { name: 'x' },
      { image, git: { repoURL: repo } },
      { imge: image },
    ]) {
      await assertRefused(home.create(warehouse([subscription])), 'Invalid', field)
    }
    await assertRefused(home.create(warehouse([{ image: 'nginx' }])), 'Invalid', `${field}.image`)
  })

  it('refuses what the source refuses, and names the field', async () => {
    const home = await createDemoHome()
    const field = 'spec.subscriptions[0].image'
    const cases = [
      [{}, `${field}.repoURL`],
      [{ repoURL: 'https://nginx' }, `${field}.repoURL`],
      [{ repoURL: 'nginx', discoveryLimit: 0 }, `${field}.discoveryLimit`],
      [{ repoURL: 'nginx', discoveryLimit: 101 }, `${field}.discoveryLimit`],
      [{ repoURL: 'nginx', imageSelectionStrategy: 'Newest' }, `${field}.imageSelectionStrategy`],
      [{ repoURL: 'nginx', constraint: '>>1' }, field],
      [{ repoURL: 'nginx', imageSelectionStrategy: 'Digest' }, field],
      [{ repoURL: 'nginx', platform: 'linux' }, field],
    ] as const
    for (const [image, at] of cases) {
      await assertRefused(home.create(warehouse([{ image }])), 'Invalid', at)
    }
  })

  it('warns of patterns that only discovery looks at, and of fields that it does not know', async () => {
    const home = await createDemoHome()
    const image = { repoURL: 'nginx', allowTagsRegexes: ['('], constrant: '^1' }
    const { warnings, object } = await home.create(warehouse([{ image }]))
    assert.equal(warnings.length, 2)
    assert.match(warnings.join(), /allowTagsRegexes/)
    assert.match(warnings.join(), /constrant.*did you mean "constraint"/)
    assert.equal(JSON.stringify(object).includes('constrant'), false)
  })

  it('refuses the same repository twice, however it is written', async () => {
    const home = await createDemoHome()
    const images = ['nginx', 'docker.io/library/nginx'].map((repoURL) => ({ image: { repoURL } }))
    await assertRefused(home.create(warehouse(images)), 'Invalid', 'spec.subscriptions[1]')
    const repos = [repo, 'https://EXAMPLE.com/r'].map((repoURL) => ({ git: { repoURL } }))
    await assertRefused(home.create(warehouse(repos)), 'Invalid', 'spec.subscriptions[1]')
  })

  it('wants names of subscriptions to be unique DNS labels', async () => {
    const home = await createDemoHome()
    const named = (name: unknown, repoURL: string): object => ({ name, image: { repoURL } })
    const field = 'spec.subscriptions[0].name'
    for (const name of ['A', 'a.b', '', 5, 'x'.repeat(64)]) {
      await assertRefused(home.create(warehouse([named(name, 'a')])), 'Invalid', field)
    }
    const twice = warehouse([named('x', 'a'), named('x', 'b')])
    await assertRefused(home.create(twice), 'Invalid', 'spec.subscriptions[1].name')
  })

  it('wants a name where the source tells its artifacts apart by it', async () => {
    const blob = {
      subscription: z.object({ bucket: z.string(), discoveryLimit: z.int().default(20) }),
      requiresName: true,
      check: () => [],
      remote: () => '',
    }
    const home = await createDemoHome({ sources: new Map([['blob', blob]]) })
    const body = { blob: { bucket: 'b' } }
    await assertRefused(home.create(warehouse([body])), 'Invalid', 'spec.subscriptions[0].name')
    const twice = [
      { ...body, name: 'x' },
      { ...body, name: 'y' },
    ]
    const { object } = await home.create(warehouse(twice))
    assert.match(JSON.stringify(object), /"discoveryLimit":20/)
    assert.match(JSON.stringify(object), /"subscriptionType":"blob"/)
    const again = await home.update(object)
    assert.equal(again.object.metadata.resourceVersion, object.metadata.resourceVersion)
  })

  it('refuses an interval that is no duration and an unknown policy', async () => {
    const home = await createDemoHome()
    const subscriptions = [{ image: { repoURL: 'nginx' } }]
    const wrong = [
      ['interval', '5'],
      ['interval', '-5m'],
      ['interval', '1d'],
      ['freightCreationPolicy', 'Sometimes'],
    ] as const
    for (const [field, value] of wrong) {
      const attempt = home.create(warehouse(subscriptions, { [field]: value }))
      await assertRefused(attempt, 'Invalid', `spec.${field}`)
    }
  })

  it('warns of a criterion that does not compile', async () => {
    const home = await createDemoHome()
    const subscriptions = [{ image: { repoURL: 'nginx' } }]
    const broken = warehouse(subscriptions, {
      freightCreationCriteria: { expression: 'imageFrom(' },
    })
    assert.equal((await home.create(broken)).warnings.length, 1)
    const fine = warehouse(subscriptions, {
      freightCreationCriteria: { expression: "imageFrom('nginx').Tag == '1'" },
    })
    assert.deepEqual((await home.update(fine)).warnings, [])
  })
})
