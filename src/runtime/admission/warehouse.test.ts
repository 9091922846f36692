import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
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
      [{ repoURL: 'nginx:1' }, `${field}.repoURL`],
      [{ repoURL: 'nginx', constraint: '>>1' }, `${field}.constraint`],
      [{ repoURL: 'nginx', imageSelectionStrategy: 'Digest' }, `${field}.constraint`],
      [{ repoURL: 'nginx', platform: 'linux' }, `${field}.platform`],
      [{ repoURL: 'nginx', allowTagsRegexes: ['a', '('] }, `${field}.allowTagsRegexes[1]`],
      [{ repoURL: 'nginx', ignoreTagsRegexes: ['('] }, `${field}.ignoreTagsRegexes[0]`],
      [{ repoURL: 'nginx', allowTags: '^1' }, `${field}.allowTags`],
      [{ repoURL: 'nginx', ignoreTags: ['1.0'] }, `${field}.ignoreTags`],
    ] as const
    for (const [image, at] of cases) {
      await assertRefused(home.create(warehouse([{ image }])), 'Invalid', at)
    }
  })

  it('refuses branches, patterns and filters of git that cannot be, and names the field', async () => {
    const home = await createDemoHome()
    const field = 'spec.subscriptions[0].git'
    const byTag = { commitSelectionStrategy: 'NewestTag' }
    const cases = [
      [{ branch: '--upload-pack=touch x' }, 'branch'],
      [{ branch: '-x' }, 'branch'],
      [{ since: 'yesterday' }, 'since'],
      [{ ...byTag, ignoreTagsRegexes: ['['] }, 'ignoreTagsRegexes[0]'],
      [{ ...byTag, allowTagsRegexes: ['^v', '('] }, 'allowTagsRegexes[1]'],
      [{ ...byTag, allowTags: '^v' }, 'allowTags'],
      [{ ...byTag, ignoreTags: ['v1'] }, 'ignoreTags'],
      [{ includePaths: ['a', 'glob:['] }, 'includePaths[1]'],
      [{ excludePaths: ['regex:('] }, 'excludePaths[0]'],
      [{ expressionFilter: 'subject ==' }, 'expressionFilter'],
      [{ commitSelectionStrategy: 'SemVer', semverConstraint: 'x.y' }, 'semverConstraint'],
    ] as const
    for (const [git, at] of cases) {
      const attempt = home.create(warehouse([{ git: { repoURL: repo, ...git } }]))
      await assertRefused(attempt, 'Invalid', `${field}.${at}`)
    }
    for (const repoURL of ['ext::sh -c true', 'file:///etc', '/srv/r.git', 'oci://x/y']) {
      await assertRefused(
        home.create(warehouse([{ git: { repoURL } }])),
        'Invalid',
        `${field}.repoURL`,
      )
    }
  })

  it('says what to write instead of the old fields, and lets them stay where nobody reads them', async () => {
    const home = await createDemoHome()
    const image = { repoURL: 'nginx', allowTags: '^1', ignoreTags: ['1.0-rc'] }
    await assert.rejects(home.create(warehouse([{ image }])), /write allowTagsRegexes: \["\^1"\]/)
    const { allowTags: _allowTags, ...ignoring } = image
    await assert.rejects(
      home.create(warehouse([{ image: ignoring }])),
      /write ignoreTagsRegexes: \["\^1\\\\.0-rc\$"\]/,
    )
    const left = [
      { git: { repoURL: repo, allowTags: '^v', ignoreTagsRegexes: ['('] } },
      { image: { ...image, imageSelectionStrategy: 'Digest', constraint: 'latest' } },
    ]
    const { warnings } = await home.create(warehouse(left))
    assert.equal(warnings.length, 4)
  })

  it('says what to write instead of a field that is no more, and takes one without a value', async () => {
    const home = await createDemoHome()
    const image = { repoURL: 'nginx', semverConstraint: '^1.0.0', tagSelectionStrategy: null }
    const { warnings } = await home.create(warehouse([{ image }]))
    assert.deepEqual(warnings, [
      'spec.subscriptions[0].image.semverConstraint: unknown field: write constraint',
    ])
  })

  it('refuses a password in an address, and does not repeat it', async () => {
    const home = await createDemoHome()
    const repoURL = 'https://bot:hunter2-hunter2@example.com/r.git'
    for (const type of ['git', 'image']) {
      await assert.rejects(home.create(warehouse([{ [type]: { repoURL } }])), (thrown: unknown) => {
        assert.ok(thrown instanceof GantryError)
        assert.equal(thrown.code, 'Invalid')
        assert.doesNotMatch(JSON.stringify([thrown.message, thrown.details]), /hunter2/)
        return true
      })
    }
  })

  it('wants a duration for how old the result of a broken subscription may be', async () => {
    const home = await createDemoHome()
    const subscriptions = [{ image: { repoURL: 'nginx' } }]
    const withStaleness = (text: string): object => ({
      ...warehouse(subscriptions),
      metadata: { name: 'w', namespace: 'demo', annotations: { 'gantry/max-staleness': text } },
    })
    const field = 'metadata.annotations[gantry/max-staleness]'
    await assertRefused(home.create(withStaleness('1 day')), 'Invalid', field)
    await home.create(withStaleness('1h'))
  })

  it('warns of fields that it does not know', async () => {
    const home = await createDemoHome()
    const image = { repoURL: 'nginx', constrant: '^1' }
    const { warnings, object } = await home.create(warehouse([{ image }]))
    assert.equal(warnings.length, 1)
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

  it('refuses a criterion that does not compile', async () => {
    const home = await createDemoHome()
    const subscriptions = [{ image: { repoURL: 'nginx' } }]
    const criteria = (expression: string): object =>
      warehouse(subscriptions, { freightCreationCriteria: { expression } })
    const field = 'spec.freightCreationCriteria.expression'
    await assertRefused(home.create(criteria('imageFrom(')), 'Invalid', field)
    await assert.rejects(home.create(criteria('imageFrom(team/app).Tag')), /no variable "team"/)
    await home.create(criteria("imageFrom('nginx').Tag == '1'"))
  })
})
