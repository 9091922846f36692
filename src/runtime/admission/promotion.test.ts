import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Actor, adminActor, controllerActor } from '../../core/actor.ts'
import { jsonText } from '../../core/json.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import {
  assertRefused,
  createDemoHome,
  freightManifest,
  type Home,
  manifest,
  promotionManifest,
  stageManifest,
  userActor,
  warehouseManifest,
} from '../../../test/admission-kit.ts'

const stageController = controllerActor('stage')

interface Pipeline {
  readonly home: Home
  /** Names of two Freight; the second is the newer. */
  readonly older: string
  readonly newer: string
  promote(
    stage: string,
    spec: object,
    actor?: Actor,
    notes?: Record<string, string>,
  ): Promise<Promotion>
}

/** Stages `test` (straight from the Warehouse) and `prod` (behind it), and two Freight. */
async function pipeline(): Promise<Pipeline> {
  const home = await createDemoHome()
  await home.create(warehouseManifest)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('prod', { upstream: ['test'] }))
  const older = (await home.create(freightManifest('v1'))).object.metadata.name
  await home.clock.advance(60_000)
  const newer = (await home.create(freightManifest('v2'))).object.metadata.name
  return {
    home,
    older,
    newer,
    async promote(stage, spec, actor = adminActor, notes) {
      const made = await home.create(promotionManifest(stage, spec, notes), actor)
      const { name } = made.object.metadata
      const promotion = await home.store.get(PromotionKind, { namespace: 'demo', name })
      assert.ok(promotion !== undefined)
      return promotion
    },
  }
}

async function autoPromote(home: Home): Promise<void> {
  const promotionPolicies = [{ stage: 'test', autoPromotionEnabled: true }]
  await home.create(manifest('ProjectConfig', 'demo', { spec: { promotionPolicies } }))
}

function intentOf(promotion: Promotion): object {
  const { annotations = {} } = promotion.metadata
  return {
    hold: annotations['kargo.akuity.io/auto-promotion-hold'],
    resume: annotations['kargo.akuity.io/auto-promotion-resume'],
  }
}

describe('creating a Promotion', () => {
  it('replaces everything but Stage and Freight by what the Stage says', async () => {
    const { home, newer, promote } = await pipeline()
    const task = { vars: [{ name: 'env' }, { name: 'x', value: '1' }], steps: [{ uses: 'copy' }] }
    await home.create(manifest('PromotionTask', 'deploy', { spec: task }))
    await home.create(
      stageManifest('big', {
        spec: { shard: 'eu', vars: [{ name: 'env', value: 'big' }] },
        steps: [
          { uses: 'git-clone', config: { a: 1 } },
          { task: { name: 'deploy' }, as: 'd' },
        ],
      }),
    )
    const promotion = await promote('big', {
      freight: newer,
      steps: [{ uses: 'evil' }],
      vars: [{ name: 'env', value: 'evil' }],
    })
    assert.deepEqual(promotion.spec, {
      stage: 'big',
      freight: newer,
      vars: [{ name: 'env', value: 'big' }],
      steps: [
        { uses: 'git-clone', as: 'step-1', config: { a: 1 } },
        { uses: 'copy', as: 'd::step-1', vars: [{ name: 'x', value: '1' }] },
      ],
    })
    const stage = await home.store.get(StageKind, { namespace: 'demo', name: 'big' })
    const { metadata } = promotion
    assert.match(metadata.name, new RegExp(`^big\\.[0-9a-z]{26}\\.${newer.slice(0, 7)}$`))
    assert.deepEqual(metadata.labels, {
      'kargo.akuity.io/stage': 'big',
      'kargo.akuity.io/shard': 'eu',
    })
    assert.deepEqual(metadata.annotations, {
      'kargo.akuity.io/create-actor': 'admin',
      'kargo.akuity.io/stage': 'big',
    })
    assert.deepEqual(metadata.ownerReferences, [
      {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Stage',
        name: 'big',
        uid: stage?.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ])
  })

  it('takes the steps of a task as they are then: later edits of it change nothing', async () => {
    const { home, newer, promote } = await pipeline()
    const task = (kind: string): object =>
      manifest('PromotionTask', 'deploy', { spec: { steps: [{ uses: kind }] } })
    await home.create(task('copy'))
    await home.create(stageManifest('tasked', { steps: [{ task: { name: 'deploy' }, as: 'd' }] }))
    const promotion = await promote('tasked', { freight: newer })
    const { object } = await home.update(task('delete'))
    assert.notEqual(object.metadata.generation, 1)
    const { namespace = '', name } = promotion.metadata
    const stored = await home.store.get(PromotionKind, { namespace, name })
    assert.deepEqual(stored?.spec.steps, [{ uses: 'copy', as: 'd::step-1' }])
    const next = await promote('tasked', { freight: newer })
    assert.deepEqual(next.spec.steps, [{ uses: 'delete', as: 'd::step-1' }])
  })

  it('keeps names in order of creation, also when the clock steps back or all others are gone', async () => {
    const { home, older, newer, promote } = await pipeline()
    const first = await promote('test', { freight: newer })
    home.clock.jump(-86_400_000)
    const second = await promote('test', { freight: older })
    assert.ok(second.metadata.name > first.metadata.name)
    await home.store.patchStatus(
      StageKind,
      { namespace: 'demo', name: 'test' },
      { status: { lastPromotion: { name: second.metadata.name } } },
      { actor: stageController },
    )
    for (const { name } of [first.metadata, second.metadata]) {
      await home.store.delete(PromotionKind, { namespace: 'demo', name }, { actor: adminActor })
    }
    const third = await promote('test', { freight: older })
    assert.ok(third.metadata.name > second.metadata.name)
  })

  it('wants exactly one of Freight and origin', async () => {
    const { newer, promote } = await pipeline()
    const origin = { kind: 'Warehouse', name: 'w' }
    await assertRefused(promote('test', {}), 'Invalid', 'spec')
    await assertRefused(promote('test', { freight: newer, origin }), 'Invalid', 'spec')
  })

  it('takes the candidate of an origin', async () => {
    const { newer, promote } = await pipeline()
    const origin = { kind: 'Warehouse', name: 'w' }
    const promotion = await promote('test', { origin })
    assert.equal(promotion.spec.freight, newer)
    assert.equal(promotion.spec.origin, undefined)
    await assertRefused(promote('prod', { origin }), 'Invalid', 'spec.origin')
    const other = { kind: 'Warehouse', name: 'other' }
    await assertRefused(promote('test', { origin: other }), 'Invalid', 'spec.origin')
  })

  it('is refused when Stage or Freight does not exist, or the Stage has no steps', async () => {
    const { home, newer, promote } = await pipeline()
    await assertRefused(promote('gone', { freight: newer }), 'Invalid', 'spec.stage')
    await assertRefused(promote('test', { freight: 'gone' }), 'Invalid', 'spec.freight')
    await home.create(stageManifest('through', { steps: [] }))
    await assertRefused(promote('through', { freight: newer }), 'Invalid', 'spec.stage')
  })

  it('is refused when the gate kernel says no, and let in once it says yes', async () => {
    const { home, newer, promote } = await pipeline()
    await assertRefused(promote('prod', { freight: newer }), 'Invalid', 'spec.freight')
    await home.store.patchStatus(
      FreightKind,
      { namespace: 'demo', name: newer },
      { status: { verifiedIn: { test: { verifiedAt: '2026-01-01T12:00:00Z' } } } },
      { actor: stageController },
    )
    const promotion = await promote('prod', { freight: newer })
    const { records } = await home.journal.range({ kind: 'decision' })
    assert.equal(records.length, 1)
    assert.equal(records[0]?.subject, `Promotion/demo/${promotion.metadata.name}`)
    assert.equal(records[0]?.payload['allowed'], true)
  })

  it('sees Stages behind control-flow Stages', async () => {
    const { home, newer, promote } = await pipeline()
    await home.create(stageManifest('through', { upstream: ['test'], steps: [] }))
    const sources = { stages: ['through'], requiredSoakTime: '1h' }
    const origin = { kind: 'Warehouse', name: 'w' }
    await home.create(stageManifest('far', { spec: { requestedFreight: [{ origin, sources }] } }))
    const seen = { verifiedAt: '2026-01-01T12:00:00Z' }
    await home.store.patchStatus(
      FreightKind,
      { namespace: 'demo', name: newer },
      {
        status: {
          verifiedIn: { test: seen, through: seen },
          currentlyIn: { test: { since: '2026-01-01T12:00:00Z' } },
        },
      },
      { actor: stageController },
    )
    await assertRefused(promote('far', { freight: newer }), 'Invalid')
    await home.clock.advance(3_600_000)
    await promote('far', { freight: newer })
  })

  it('is judged to an end when Stages wait for each other in a circle', async () => {
    const { home, newer, promote } = await pipeline()
    await home.create(stageManifest('a', { upstream: ['b', 'gone'], steps: [] }))
    await home.create(stageManifest('b', { upstream: ['a'], steps: [] }))
    await home.create(stageManifest('far', { upstream: ['a'] }))
    await assertRefused(promote('far', { freight: newer }), 'Invalid', 'spec.freight')
  })

  it('stays with the PromotionRequest that owns it', async () => {
    const { home, newer } = await pipeline()
    const owner = { apiVersion: 'x/v1', kind: 'PromotionRequest', name: 'r', uid: 'u' }
    const asked = promotionManifest('test', { freight: newer, target: 't' })
    const metadata = { ...asked.metadata, ownerReferences: [owner] }
    const { object } = await home.create({ ...asked, metadata })
    assert.deepEqual(object.metadata.ownerReferences, [owner])
    assert.match(JSON.stringify(object['spec']), /"target":"t"/)
  })

  it('is refused for Stages and Promotions with targets', async () => {
    const { home, newer, promote } = await pipeline()
    await assertRefused(promote('test', { freight: newer, target: 't' }), 'Invalid', 'spec.target')
    await home.create(stageManifest('many', { spec: { targets: { selectors: [] } } }))
    await assertRefused(promote('many', { freight: newer }), 'Invalid', 'spec.stage')
  })

  it('is refused when a task is missing or lacks a value', async () => {
    const { home, newer, promote } = await pipeline()
    await home.create(stageManifest('tasked', { steps: [{ task: { name: 'deploy' } }] }))
    await assertRefused(promote('tasked', { freight: newer }), 'Invalid')
    const task = { vars: [{ name: 'env' }], steps: [{ uses: 'copy' }] }
    await home.create(manifest('PromotionTask', 'deploy', { spec: task }))
    await assertRefused(promote('tasked', { freight: newer }), 'Invalid')
  })

  it('is journaled as an event for people and not for controllers', async () => {
    const { home, older, newer, promote } = await pipeline()
    await autoPromote(home)
    await promote('test', { freight: newer }, stageController)
    const told = { kind: 'event', subjectPrefix: 'Promotion/' } as const
    assert.equal((await home.journal.range(told)).records.length, 0)
    await promote('test', { freight: older })
    const { records } = await home.journal.range(told)
    assert.equal(records[0]?.payload['reason'], 'PromotionCreated')
  })
})

describe('the promote right', () => {
  it('is needed to create, change and delete, and its lack is Forbidden', async () => {
    const { home, newer, promote } = await pipeline()
    const dev = userActor('dev')
    await assertRefused(promote('test', { freight: newer }, dev), 'Forbidden')
    const promotion = await promote('test', { freight: newer })
    const ref = { namespace: 'demo', name: promotion.metadata.name }
    const abort = { metadata: { annotations: { 'kargo.akuity.io/abort': 'terminate' } } }
    const change = (): Promise<unknown> =>
      home.store.patch(PromotionKind, ref, abort, { actor: dev })
    await assertRefused(change(), 'Forbidden')
    await assertRefused(home.store.delete(PromotionKind, ref, { actor: dev }), 'Forbidden')
    const rules = [{ apiGroups: ['*'], resources: ['stages'], verbs: ['promote'] }]
    await home.create(manifest('Role', 'promoter', { rules }))
    const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: 'demo' }]
    const roleRef = { kind: 'Role', name: 'promoter' }
    await home.create(manifest('RoleBinding', 'dev', { roleRef, subjects }))
    await change()
    await promote('test', { freight: newer }, dev)
    await home.store.delete(PromotionKind, ref, { actor: dev })
  })

  it('of another Project is worth nothing', async () => {
    const { home, newer, promote } = await pipeline()
    await home.create(manifest('Project', 'other', {}))
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
    await home.create(manifest('ClusterRole', 'all', { rules }))
    const subjects = [{ kind: 'ServiceAccount', name: 'spy', namespace: 'other' }]
    const roleRef = { kind: 'ClusterRole', name: 'all' }
    await home.create(manifest('RoleBinding', 'spy', { roleRef, subjects }, 'other'))
    await home.create(manifest('RoleBinding', 'spy', { roleRef, subjects }))
    const spy = { ...userActor('spy'), serviceAccounts: ['other/spy'] }
    await assertRefused(promote('test', { freight: newer }, spy), 'Forbidden')
  })
})

describe('what a Promotion means for auto-promotion', () => {
  it('nothing while auto-promotion is off, whatever was asked for', async () => {
    const { older, promote } = await pipeline()
    const asked = { 'kargo.akuity.io/auto-promotion-hold': 'Warehouse/w' }
    const promotion = await promote('test', { freight: older }, adminActor, asked)
    assert.deepEqual(intentOf(promotion), { hold: undefined, resume: undefined })
  })

  it('a hold for anything but the candidate, an end of holds for the candidate', async () => {
    const { home, older, newer, promote } = await pipeline()
    await autoPromote(home)
    const held = await promote('test', { freight: older })
    assert.deepEqual(intentOf(held), { hold: 'Warehouse/w', resume: undefined })
    const resumed = await promote('test', { freight: newer })
    assert.deepEqual(intentOf(resumed), { hold: undefined, resume: 'Warehouse/w' })
  })

  it('what a controller says for itself, and what people say through a controller is judged', async () => {
    const { home, newer, promote } = await pipeline()
    await autoPromote(home)
    const notes = { 'kargo.akuity.io/auto-promotion-hold': 'Warehouse/w' }
    const own = await promote('test', { freight: newer }, stageController, notes)
    assert.deepEqual(intentOf(own), { hold: 'Warehouse/w', resume: undefined })
    const actor = { ...notes, 'kargo.akuity.io/create-actor': 'email:a@example.com' }
    const forSomeone = await promote('test', { freight: newer }, stageController, actor)
    assert.deepEqual(intentOf(forSomeone), { hold: undefined, resume: 'Warehouse/w' })
    assert.equal(
      forSomeone.metadata.annotations?.['kargo.akuity.io/create-actor'],
      'email:a@example.com',
    )
  })

  it('automatic promotion passes its own gates, or is Forbidden', async () => {
    const { home, newer, older, promote } = await pipeline()
    await assertRefused(promote('test', { freight: newer }, stageController), 'Forbidden')
    await autoPromote(home)
    await promote('test', { freight: newer }, stageController)
    await assertRefused(promote('test', { freight: newer }, stageController), 'Forbidden')
    await promote('test', { freight: older })
    await assertRefused(promote('test', { freight: newer }, stageController), 'Forbidden')
  })

  it('nobody can claim to be a controller', async () => {
    const { older, promote } = await pipeline()
    const notes = { 'kargo.akuity.io/create-actor': 'controller:stage' }
    const promotion = await promote('test', { freight: older }, adminActor, notes)
    assert.equal(promotion.metadata.annotations?.['kargo.akuity.io/create-actor'], 'admin')
  })
})

describe('changing a Promotion', () => {
  it('leaves its spec and its intent alone', async () => {
    const { home, newer, promote } = await pipeline()
    const promotion = await promote('test', { freight: newer })
    const ref = { namespace: 'demo', name: promotion.metadata.name }
    const patch = (change: object): Promise<Promotion> =>
      home.store.patch(PromotionKind, ref, structuredClone(change) as never, { actor: adminActor })
    await assertRefused(patch({ spec: { stage: 'prod' } }), 'Invalid', 'spec')
    await assertRefused(
      patch({ spec: { steps: [{ uses: 'copy' }, { uses: 'copy' }] } }),
      'Invalid',
      'spec',
    )
    const notes = {
      'kargo.akuity.io/create-actor': 'x',
      'kargo.akuity.io/auto-promotion-hold': 'Warehouse/w',
      other: 'y',
    }
    const { metadata } = await patch({ metadata: { annotations: notes } })
    assert.equal(metadata.annotations?.['kargo.akuity.io/create-actor'], 'admin')
    assert.equal(metadata.annotations?.['kargo.akuity.io/auto-promotion-hold'], undefined)
    assert.equal(metadata.annotations?.['other'], 'y')
  })

  it('writes down who aborts', async () => {
    const { home, newer, promote } = await pipeline()
    const promotion = await promote('test', { freight: newer })
    const ref = { namespace: 'demo', name: promotion.metadata.name }
    const abort = { metadata: { annotations: { 'kargo.akuity.io/abort': 'terminate' } } }
    const { metadata } = await home.store.patch(PromotionKind, ref, abort, { actor: adminActor })
    assert.equal(
      metadata.annotations?.['kargo.akuity.io/abort'],
      '{"action":"terminate","actor":"admin"}',
    )
  })
})

describe('admission of PromotionRequests', () => {
  it('wants a Stage with targets, targets that exist, each once, and a Freight that stays', async () => {
    const { home, newer, older } = await pipeline()
    await home.create(stageManifest('many', { spec: { targets: { selectors: [{}] } } }))
    await home.create(manifest('Target', 't', {}))
    const request = (spec: object): object =>
      manifest('PromotionRequest', 'r', {
        spec: { stage: 'many', freight: newer, targets: [], ...spec },
      })
    await assertRefused(home.create(request({ stage: 'gone' })), 'Invalid', 'spec.stage')
    await assertRefused(home.create(request({ stage: 'test' })), 'Invalid', 'spec.stage')
    const t = { name: 't' }
    await assertRefused(
      home.create(request({ targets: [t, t] })),
      'Invalid',
      'spec.targets[1].name',
    )
    const gone = [{ name: 'gone' }]
    await assertRefused(home.create(request({ targets: gone })), 'Invalid', 'spec.targets[0].name')
    await home.create(request({ targets: [t] }))
    await assertRefused(home.update(request({ freight: older })), 'Invalid', 'spec.freight')
  })
})

describe('the end of a Promotion', () => {
  const runner = controllerActor('promotion')

  async function ends(home: Home): Promise<readonly string[]> {
    const { records } = await home.journal.range({ kind: 'event', subjectPrefix: 'Promotion/' })
    return records
      .map(({ payload }) => jsonText(payload['reason']))
      .filter((reason) => reason !== 'PromotionCreated')
  }

  it('is journaled by the write that ends it, once: whoever is killed then has told it already', async () => {
    const { home, older, promote } = await pipeline()
    const promotion = await promote('test', { freight: older })
    const { name } = promotion.metadata
    const write = (status: object, actor: Actor): Promise<unknown> =>
      home.store.patchStatus(
        PromotionKind,
        { namespace: 'demo', name },
        { status: { ...status } },
        { actor },
      )
    await write({ phase: 'Running' }, runner)
    assert.deepEqual(await ends(home), [])
    await write({ phase: 'Failed', message: 'no' }, runner)
    await write({ message: 'still no' }, runner)
    assert.deepEqual(await ends(home), ['PromotionFailed'])
    const { records } = await home.journal.range({ kind: 'event', order: 'desc', limit: 1 })
    assert.match(JSON.stringify(records[0]?.payload), /freight-name/)
  })

  it('that was written from outside, as by a restored dump, is no event', async () => {
    const { home, older, promote } = await pipeline()
    const { metadata } = await promote('test', { freight: older })
    const ref = { namespace: 'demo', name: metadata.name }
    await home.store.patchStatus(
      PromotionKind,
      ref,
      { status: { phase: 'Failed' } },
      { actor: adminActor },
    )
    assert.deepEqual(await ends(home), [])
  })

  it('that is refused leaves no event', async () => {
    const { home, older, promote } = await pipeline()
    const { metadata } = await promote('test', { freight: older })
    const patch = { metadata: { resourceVersion: '1' }, status: { phase: 'Failed' } }
    const ref = { namespace: 'demo', name: metadata.name }
    const refused = home.store.patchStatus(PromotionKind, ref, patch, { actor: runner })
    await assertRefused(refused, 'Conflict')
    assert.deepEqual(await ends(home), [])
  })
})
