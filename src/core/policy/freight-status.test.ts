import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { collectionFor, referencesOf, referenceTo } from './freight-collection.ts'
import {
  addApprovedStage,
  addCurrentStage,
  addVerifiedStage,
  forgetStage,
  removeCurrentStage,
  syncCurrentStage,
} from './freight-status.ts'
import {
  at,
  hour,
  minute,
  noon,
  reference,
  sampleCollection,
  sampleFreight,
  sampleStage,
} from '../../../test/policy/samples.ts'
import { collectionId } from '../names.ts'

describe('the record of a Freight', () => {
  it('keeps the first time of entry, verification and approval', () => {
    const entered = addCurrentStage({}, 'test', noon)
    assert.deepEqual(entered, { currentlyIn: { test: { since: at(0) } } })
    assert.equal(addCurrentStage(entered, 'test', noon + hour), entered)
    const verified = addVerifiedStage(entered, 'test', noon)
    assert.deepEqual(verified.verifiedIn, { test: { verifiedAt: at(0) } })
    assert.equal(addVerifiedStage(verified, 'test', noon + hour), verified)
    const approved = addApprovedStage(verified, 'prod', noon)
    assert.deepEqual(approved.approvedFor, { prod: { approvedAt: at(0) } })
    assert.equal(addApprovedStage(approved, 'prod', noon + hour), approved)
    assert.deepEqual(approved.currentlyIn, entered.currentlyIn)
  })

  it('keeps what it has of other Stages', () => {
    const both = addCurrentStage(addCurrentStage({}, 'a', noon), 'b', noon)
    assert.deepEqual(Object.keys(both.currentlyIn ?? {}), ['a', 'b'])
    const verified = addVerifiedStage(addVerifiedStage({}, 'a', noon), 'b', noon)
    assert.deepEqual(Object.keys(verified.verifiedIn ?? {}), ['a', 'b'])
    const approved = addApprovedStage(addApprovedStage({}, 'a', noon), 'b', noon)
    assert.deepEqual(Object.keys(approved.approvedFor ?? {}), ['a', 'b'])
  })

  it('notes the stay when the Freight leaves a Stage that verified it', () => {
    const status = addVerifiedStage(addCurrentStage({}, 'test', noon), 'test', noon)
    const left = removeCurrentStage(status, 'test', noon + 90 * minute)
    assert.deepEqual(left, {
      currentlyIn: {},
      verifiedIn: { test: { verifiedAt: at(0), longestSoak: '1h30m0s' } },
    })
  })

  it('keeps the longest stay', () => {
    const status = {
      currentlyIn: { test: { since: at(0) }, other: { since: at(0) } },
      verifiedIn: { test: { verifiedAt: at(0), longestSoak: '1h0m0s' }, other: {} },
    }
    const equal = removeCurrentStage(status, 'test', noon + hour)
    assert.deepEqual(equal.verifiedIn, status.verifiedIn)
    assert.deepEqual(equal.currentlyIn, { other: { since: at(0) } })
    const shorter = removeCurrentStage(status, 'test', noon + minute)
    assert.deepEqual(shorter.verifiedIn, status.verifiedIn)
    const longer = removeCurrentStage(status, 'test', noon + hour + 1000)
    assert.equal(longer.verifiedIn?.['test']?.longestSoak, '1h0m1s')
    assert.deepEqual(longer.verifiedIn?.['other'], {})
  })

  it('a stay in a Stage that has not verified it does not count', () => {
    const left = removeCurrentStage(
      { currentlyIn: { test: { since: at(0) } } },
      'test',
      noon + hour,
    )
    assert.deepEqual(left, { currentlyIn: {} })
    const unreadable = { currentlyIn: { test: { since: 'x' } }, verifiedIn: { test: {} } }
    assert.deepEqual(removeCurrentStage(unreadable, 'test', noon), {
      currentlyIn: {},
      verifiedIn: { test: {} },
    })
  })

  it('leaving where it is not changes nothing', () => {
    const status = { currentlyIn: { other: { since: at(0) } } }
    assert.equal(removeCurrentStage(status, 'test', noon), status)
    const bare = {}
    assert.equal(removeCurrentStage(bare, 'test', noon), bare)
  })

  it('forgets a deleted Stage in everything', () => {
    const maps = ['currentlyIn', 'verifiedIn', 'approvedFor'] as const
    const full = Object.fromEntries(maps.map((map) => [map, { test: {}, other: {} }]))
    assert.deepEqual(
      forgetStage(full, 'test'),
      Object.fromEntries(maps.map((map) => [map, { other: {} }])),
    )
    for (const map of maps)
      assert.deepEqual(forgetStage({ [map]: { test: {} } }, 'test'), { [map]: {} })
    assert.equal(forgetStage(full, 'gone'), full)
  })
})

describe('syncing with the collection of a Stage', () => {
  const stage = sampleStage('test', {
    status: { freightHistory: [sampleCollection([reference('new'), reference('db', 'db')])] },
  })
  const old = sampleFreight('old', { current: { test: -hour, uat: -hour } })
  const fresh = sampleFreight('new')
  const there = sampleFreight('db', { warehouse: 'db', current: { test: -minute } })
  const other = sampleFreight('other', { current: { uat: 0 } })

  it('moves in what belongs there and moves out what does not', () => {
    const { changes, missing } = syncCurrentStage(stage, [old, fresh, there, other], noon)
    assert.deepEqual(missing, [])
    assert.deepEqual(
      changes.map(({ freight, status }) => [freight.metadata.name, status.currentlyIn]),
      [
        ['old', { uat: { since: at(-hour) } }],
        ['new', { test: { since: at(0) } }],
      ],
    )
  })

  it('names what is gone', () => {
    assert.deepEqual(syncCurrentStage(stage, [fresh], noon).missing, ['db'])
  })

  it('a Stage that is at nothing holds nothing', () => {
    const { changes, missing } = syncCurrentStage(sampleStage('test'), [old, fresh], noon)
    assert.deepEqual(missing, [])
    assert.deepEqual(
      changes.map(({ freight }) => freight.metadata.name),
      ['old'],
    )
  })

  it('Freight without any status can enter', () => {
    const { status: _, ...bare } = fresh
    const { changes } = syncCurrentStage(stage, [bare, there], noon)
    assert.deepEqual(changes[0]?.status, { currentlyIn: { test: { since: at(0) } } })
  })
})

describe('the collection that a promotion makes', () => {
  const requests = [{}, { warehouse: 'db' }]
  const items = (
    history: ReturnType<typeof sampleCollection>[],
    target = reference('w2'),
  ): object =>
    collectionFor(sampleStage('test', { requests, status: { freightHistory: history } }), target)
      .items ?? {}
  const failed = { id: '1', phase: 'Failed' } as const
  const passed = { id: '2', phase: 'Successful' } as const

  it('is the target alone for a Stage that was at nothing', () => {
    assert.deepEqual(collectionFor(sampleStage('test'), reference('w1')), {
      id: collectionId(['w1']),
      items: { 'Warehouse/web': reference('w1') },
    })
  })

  it('carries over the other origins, and replaces its own', () => {
    const history = [sampleCollection([reference('w1'), reference('d1', 'db')])]
    assert.deepEqual(items(history), {
      'Warehouse/web': reference('w2'),
      'Warehouse/db': reference('d1', 'db'),
    })
    const stage = sampleStage('test', { requests, status: { freightHistory: history } })
    assert.equal(collectionFor(stage, reference('w2')).id, collectionId(['w2', 'd1']))
  })

  it('does not carry over origins that are no longer requested', () => {
    const history = [sampleCollection([reference('x1', 'gone')])]
    assert.deepEqual(items(history), { 'Warehouse/web': reference('w2') })
  })

  it('carries over nothing of an attempt that failed', () => {
    const lastPromotion = {
      name: 'test.2',
      status: {
        phase: 'Failed',
        freightCollection: sampleCollection([reference('d2', 'db')]),
      },
    } as const
    const freightHistory = [sampleCollection([reference('w1'), reference('d1', 'db')])]
    const stage = sampleStage('test', { requests, status: { lastPromotion, freightHistory } })
    assert.deepEqual(
      collectionFor(stage, reference('w2')).items?.['Warehouse/db'],
      reference('d1', 'db'),
    )
  })

  it('finds an origin also where the newest collection lacks it', () => {
    const history = [sampleCollection([reference('w1')]), sampleCollection([reference('d1', 'db')])]
    assert.deepEqual(Object.keys(items(history)).sort(), ['Warehouse/db', 'Warehouse/web'])
  })

  it('skips what did not pass verification, while there is something older', () => {
    const good = sampleCollection([reference('d1', 'db')], [passed])
    const bad = sampleCollection([reference('d2', 'db')], [failed])
    const open = sampleCollection([reference('d3', 'db')], [{ id: '3', phase: 'Running' }, failed])
    const both = sampleCollection([reference('d4', 'db')], [failed, passed])
    const unknown = sampleCollection([reference('d5', 'db')])
    const carried = (...history: ReturnType<typeof sampleCollection>[]): unknown =>
      collectionFor(
        sampleStage('test', { requests, status: { freightHistory: history } }),
        reference('w2'),
      ).items?.['Warehouse/db']?.name
    assert.equal(carried(bad, good), 'd1')
    assert.equal(carried(bad), 'd2')
    assert.equal(carried(open, good), 'd3')
    assert.equal(carried(both, good), 'd4')
    assert.equal(carried(unknown, good), 'd5')
  })
})

describe('references', () => {
  it('carry the artifacts of the Freight and nothing else', () => {
    const freight = sampleFreight('f', { alias: 'x' })
    assert.deepEqual(referenceTo(freight), reference('f'))
    const full = {
      ...freight,
      commits: [{ id: '1' }],
      images: [{ tag: '2' }],
      charts: [{ version: '3' }],
      artifacts: [{ artifactType: 't', subscriptionName: 's', version: '4' }],
    }
    assert.deepEqual(referenceTo(full), {
      ...reference('f'),
      commits: full.commits,
      images: full.images,
      charts: full.charts,
      artifacts: full.artifacts,
    })
  })

  it('come in the order of their origins', () => {
    const collection = sampleCollection([reference('w'), reference('d', 'db'), reference('z', 'z')])
    assert.deepEqual(
      referencesOf(collection).map(({ name }) => name),
      ['d', 'w', 'z'],
    )
    assert.deepEqual(referencesOf(undefined), [])
  })
})
