import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { GantryError } from '../errors.ts'
import { allKinds, kindByName, kindOf } from './index.ts'
import { checkJson, parseAs, parseManifest } from './parse.ts'
import { StageKind } from './stage.ts'
import { WarehouseKind } from './warehouse.ts'

const rounds = process.env['GANTRY_LONG'] === '1' ? 20_000 : 500

const stage = {
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 'test', namespace: 'demo' },
  spec: {
    requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }],
    promotionTemplate: {
      spec: { steps: [{ uses: 'copy', config: { anything: [{ goes: null }] } }] },
    },
  },
}

function failure(value: unknown, strict = true): GantryError {
  try {
    parseManifest(value, { strict })
  } catch (thrown) {
    assert.ok(thrown instanceof GantryError)
    return thrown
  }
  throw new Error('it was accepted')
}

/** The Stage with `change` laid over its spec. */
function stageWith(change: object): object {
  return { ...stage, spec: { ...stage.spec, ...change } }
}

describe('kinds', () => {
  it('are found by kind, plural and short name, in any case', () => {
    assert.equal(kindByName('STAGES')?.kind, 'Stage')
    assert.equal(kindByName('promo')?.kind, 'Promotion')
    assert.equal(kindByName('freight')?.kind, 'Freight')
    assert.equal(kindByName('cm')?.kind, 'ConfigMap')
    assert.equal(kindByName('nothing'), undefined)
    assert.equal(kindOf('v1', 'Secret')?.plural, 'secrets')
    assert.equal(kindOf('v2', 'Secret'), undefined)
  })

  it('have names that nobody else has', () => {
    const names = allKinds.flatMap((kind) => [
      ...new Set([kind.kind.toLowerCase(), kind.plural, ...kind.shortNames]),
    ])
    assert.equal(new Set(names).size, names.length)
  })
})

describe('parseManifest', () => {
  it('takes a valid manifest as it is', () => {
    const parsed = parseManifest(stage, { strict: true })
    assert.equal(parsed.kind, StageKind)
    assert.deepEqual(parsed.object, stage)
    assert.deepEqual(parsed.warnings, [])
  })

  it('names the path of an unknown field and the nearest known name', () => {
    const error = failure(stageWith({ requestedFrieght: [], vras: [] }))
    assert.equal(error.code, 'Invalid')
    assert.equal(error.field, 'spec.requestedFrieght')
    assert.equal(error.details.length, 2)
    assert.match(error.message, /did you mean "requestedFreight"/)
    const nested = stageWith({
      promotionTemplate: { spec: { steps: [{ uses: 'copy', retry: { timeOuts: '1m' } }] } },
    })
    assert.match(
      failure(nested).message,
      /spec\.promotionTemplate\.spec\.steps\[0\]\.retry\.timeOuts/,
    )
  })

  it('warns of unknown fields and drops them where it is lenient', () => {
    const parsed = parseManifest(stageWith({ vras: [] }), { strict: false })
    assert.deepEqual(parsed.object, stage)
    assert.equal(parsed.warnings.length, 1)
  })

  it('refuses wrong types in either mode, and names each', () => {
    for (const strict of [true, false]) {
      const error = failure(stageWith({ shard: 5, vars: {} }), strict)
      assert.equal(error.code, 'Invalid')
      assert.deepEqual(
        error.details.map((detail) => detail.split(':')[0]),
        ['spec.shard', 'spec.vars'],
      )
    }
  })

  it('refuses missing fields and values outside of their set', () => {
    assert.equal(failure({ ...stage, spec: {} }).field, 'spec.requestedFreight')
    const error = failure(
      stageWith({ requestedFreight: [{ origin: { kind: 'Warehose', name: 'w' }, sources: {} }] }),
    )
    assert.match(error.message, /origin\.kind.*did you mean "Warehouse"|origin\.kind/)
    assert.equal(failure(stageWith({ requestedFreight: [] })).code, 'Invalid')
  })

  it('takes nulls for absent, except where any JSON may stand', () => {
    const parsed = parseManifest(stageWith({ shard: null, vars: null }), { strict: true })
    assert.deepEqual(parsed.object, stage)
  })

  it('takes a null for nothing also where the field is unknown', () => {
    const project = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Project',
      metadata: { name: 'demo' },
    }
    const { object, warnings } = parseManifest({ ...project, spec: null }, { strict: true })
    assert.deepEqual(object, project)
    assert.deepEqual(warnings, [])
    assert.deepEqual(parseManifest(stageWith({ vras: null }), { strict: false }).warnings, [])
  })

  it('says what to write instead of what older releases of Kargo read', () => {
    const said = (kind: string, rest: object): string =>
      failure({
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind,
        metadata: { name: 'x', namespace: 'demo' },
        ...rest,
      }).message
    assert.match(said('Project', { spec: { promotionPolicies: [] } }), /ProjectConfig/)
    const old = said('Stage', { spec: { subscriptions: {}, promotionMechanisms: {} } })
    assert.match(old, /"spec\.subscriptions": write requestedFreight/)
    assert.match(old, /"spec\.promotionMechanisms": write promotionTemplate/)
    assert.match(said('Freight', { warehouse: 'w' }), /"warehouse": write origin/)
    assert.match(said('PromotionPolicy', { stage: 'test' }), /ProjectConfig/)
    assert.match(said('Environment', { spec: {} }), /Stage/)
    const labelled = said('Project', { labels: { team: 'a' }, annotations: {} })
    assert.match(labelled, /"labels": it belongs into metadata/)
    assert.match(labelled, /"annotations": it belongs into metadata/)
  })

  it('takes the metadata and the status of a dump', () => {
    const dump = {
      ...stage,
      metadata: {
        ...stage.metadata,
        uid: 'u',
        resourceVersion: '5',
        generation: 3,
        creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: [{ manager: 'x', fieldsV1: { 'f:spec': {} } }],
        selfLink: '/x',
      },
      status: { freightSummary: 'x', somethingElse: 1 },
    }
    const { object } = parseManifest(dump, { strict: true })
    assert.deepEqual(object, { ...dump, status: { freightSummary: 'x' } })
  })

  it('leaves a status out that it does not understand, and one of a kind without status', () => {
    const odd = parseManifest({ ...stage, status: { health: 'fine' } }, { strict: true })
    assert.deepEqual(odd.object, stage)
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }
    assert.deepEqual(parseManifest({ ...map, status: {} }, { strict: true }).object, map)
  })

  it('tells an unknown kind from a manifest without one', () => {
    assert.equal(failure({ ...stage, kind: 'Stge' }).code, 'NotSupported')
    assert.match(failure({ ...stage, kind: 'Stge' }).message, /did you mean "Stage"/)
    assert.equal(failure({ ...stage, apiVersion: 'kargo.akuity.io/v2' }).field, 'apiVersion')
    assert.equal(failure({ metadata: {} }).code, 'Invalid')
    assert.equal(failure({ kind: 'Stage' }).field, 'apiVersion')
    for (const value of [null, 1, 'x', [], undefined]) assert.equal(failure(value).code, 'Invalid')
  })

  it('leaves subscriptions and step configs to their plugins', () => {
    const { object } = parseAs(
      WarehouseKind,
      {
        metadata: { name: 'w', namespace: 'demo' },
        spec: { subscriptions: [{ git: { repoURL: 'https://example.com/x', odd: null } }] },
      },
      { strict: true },
    )
    assert.deepEqual(object.spec.subscriptions[0], {
      git: { repoURL: 'https://example.com/x', odd: null },
    })
  })

  it('refuses keys that reach into prototypes, and absurd depth', () => {
    const evil: unknown = JSON.parse('{"a": {"__proto__": {"x": 1}}}')
    assert.throws(() => checkJson(evil), GantryError)
    let deep: unknown = 1
    for (let i = 0; i < 200; i++) deep = [deep]
    assert.throws(() => checkJson(deep), GantryError)
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    assert.throws(() => checkJson(loop), GantryError)
  })

  it('throws nothing but GantryErrors, whatever the value', () => {
    const kind = fc.constantFrom(...allKinds)
    fc.assert(
      fc.property(
        kind,
        fc.object({ maxDepth: 4, withDate: true, withBigInt: true }),
        (of, body) => {
          for (const strict of [true, false]) {
            try {
              parseAs(of, { metadata: { name: 'x' }, ...body }, { strict })
              parseManifest(body, { strict })
            } catch (thrown) {
              assert.ok(thrown instanceof GantryError)
            }
          }
        },
      ),
      { numRuns: rounds },
    )
  })

  it('gives what it gave when its own result is parsed again', () => {
    const name = fc.constantFrom('vars', 'shard', 'spec', 'targets', 'zzz', 'verification')
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 3 })), (change) => {
        let once
        try {
          once = parseManifest(stageWith(change), { strict: false })
        } catch {
          return
        }
        const again = parseManifest(once.object, { strict: true })
        assert.deepEqual(again.object, once.object)
      }),
      { numRuns: rounds },
    )
  })
})
