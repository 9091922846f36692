import assert from 'node:assert/strict'
import { adminActor } from '../../core/actor.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { describe, it } from 'node:test'
import { assertRefused, createDemoHome, createHome, manifest } from '../../../test/admission-kit.ts'

function config(spec: object, name = 'demo'): object {
  return manifest('ProjectConfig', name, { spec })
}

describe('admission of ProjectConfigs', () => {
  it('belong to a Project and bear its name', async () => {
    const home = createHome()
    await assertRefused(home.create(config({}, 'other')), 'NotFound')
    await home.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } })
    await assertRefused(home.create(config({}, 'other')), 'Invalid', 'metadata.name')
    await assertRefused(home.create(config({})), 'Forbidden')
  })

  it('want exactly one way to select Stages in a policy', async () => {
    const home = await createDemoHome()
    const field = 'spec.promotionPolicies[0]'
    const both = { stage: 'a', stageSelector: { name: 'a' } }
    for (const policy of [{}, both]) {
      await assertRefused(home.create(config({ promotionPolicies: [policy] })), 'Invalid', field)
    }
    await home.create(config({ promotionPolicies: [{ stageSelector: {} }, { stageSelector: {} }] }))
  })

  it('say that nothing is rolled back by itself', async () => {
    const home = await createDemoHome()
    const policy = { stageSelector: { name: 'prod' }, autoPromotionEnabled: true }
    const policies = [policy, { stage: 'test', autoRollback: { onVerification: ['Failed'] } }]
    const { warnings, object } = await home.create(config({ promotionPolicies: policies }))
    assert.equal(warnings.length, 1)
    assert.match(warnings.join(), /^spec\.promotionPolicies\[1\]\.autoRollback.*not supported/)
    // Once is enough: the spec is the same.
    assert.deepEqual((await home.update(object)).warnings, [])
  })

  it('refuse two policies for one Stage, whichever way it is named', async () => {
    const home = await createDemoHome()
    const promotionPolicies = [{ stage: 'a' }, { stageSelector: { name: 'a' } }]
    await assertRefused(
      home.create(config({ promotionPolicies })),
      'Invalid',
      'spec.promotionPolicies[1]',
    )
  })

  it('refuse patterns that do not compile and prefixes that mean nothing', async () => {
    const home = await createDemoHome()
    for (const name of ['regex:(', 'regexp:[', 'glob:[a', 'regx:a', 'x:y']) {
      await assertRefused(
        home.create(config({ promotionPolicies: [{ stageSelector: { name } }] })),
        'Invalid',
        'spec.promotionPolicies[0].stageSelector.name',
      )
    }
    const names = ['regex:^a', 'regexp:a$', 'glob:a*', 'glob:b*']
    await home.create(
      config({ promotionPolicies: names.map((name) => ({ stageSelector: { name } })) }),
    )
  })

  it('want receivers to have a name of their own and one type', async () => {
    const home = await createDemoHome()
    const secretRef = { name: 's' }
    const github = { name: 'a', github: { secretRef } }
    const attempt = (...webhookReceivers: object[]): Promise<{ warnings: readonly string[] }> =>
      home.create(config({ webhookReceivers }))
    await assertRefused(attempt(github, github), 'Invalid', 'spec.webhookReceivers[1].name')
    const two = { ...github, gitlab: { secretRef } }
    await assertRefused(attempt(two), 'Invalid', 'spec.webhookReceivers[0]')
    const generic = {
      secretRef,
      actions: [{ action: 'Refresh', targetSelectionCriteria: [{ kind: 'Warehouse' }] }],
    }
    await assertRefused(
      attempt({ name: 'b', generic }),
      'Invalid',
      'spec.webhookReceivers[0].generic.actions[0].targetSelectionCriteria[0]',
    )
    const criteria = [{ kind: 'Warehouse', name: 'w' }]
    const fine = { secretRef, actions: [{ action: 'Refresh', targetSelectionCriteria: criteria }] }
    await home.create(config({ webhookReceivers: [{ name: 'b', generic: fine }] }))
    const ref = { namespace: 'demo', name: 'demo' }
    await home.store.delete(ProjectConfigKind, ref, { actor: adminActor })
    const { warnings } = await attempt(
      github,
      { ...github, name: 'c', harbor: { secretRef } },
      { name: 'd' },
    )
    assert.equal(warnings.length, 2)
  })

  it('say that promotion windows block, and want them to have names of their own', async () => {
    const home = await createDemoHome()
    const window = { name: 'a', kind: 'Deny' }
    const twice = config({ promotionWindows: [window, window] })
    await assertRefused(home.create(twice), 'Invalid', 'spec.promotionWindows[1].name')
    const off = { ...window, name: 'b', description: 'until May', disabled: true }
    const { warnings, object } = await home.createStrictly(
      config({ promotionWindows: [window, off] }),
    )
    assert.equal(warnings.length, 1)
    assert.match(JSON.stringify(object), /until May/)
  })
})

describe('admission of the ClusterConfig', () => {
  it('has one name, and an email address where one is wanted', async () => {
    const home = createHome()
    const cluster = (name: string, spec: object): object =>
      manifest('ClusterConfig', name, { spec })
    await assertRefused(home.create(cluster('other', {})), 'Invalid', 'metadata.name')
    const gitClient = { name: 'x', email: 'nowhere' }
    await assertRefused(
      home.create(cluster('cluster', { gitClient })),
      'Invalid',
      'spec.gitClient.email',
    )
    await home.create(cluster('cluster', { gitClient: { name: 'x', email: 'a@example.com' } }))
  })
})
