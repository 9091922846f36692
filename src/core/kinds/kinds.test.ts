import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Freight, FreightKind } from './freight.ts'
import { ProjectConfigKind } from './project-config.ts'
import { isTerminal, type Promotion, PromotionKind } from './promotion.ts'
import { RoleBindingKind } from './role-binding.ts'
import { claimsOf, ServiceAccountKind } from './service-account.ts'
import { originKey, parseOrigin } from './artifacts.ts'
import { isControlFlow, type Stage, StageKind } from './stage.ts'
import { type Warehouse, WarehouseKind } from './warehouse.ts'

const kargo = 'kargo.akuity.io/v1alpha1' as const
const origin = { kind: 'Warehouse' as const, name: 'w' }

describe('indexes', () => {
  it('find Freight by Warehouse, alias and the Stages it is, was verified or is approved in', () => {
    const freight: Freight = {
      apiVersion: kargo,
      kind: 'Freight',
      metadata: { name: 'f', labels: { 'kargo.akuity.io/alias': 'merry-otter' } },
      alias: 'something-else',
      origin,
      status: { currentlyIn: { a: {} }, verifiedIn: { a: {}, b: {} }, approvedFor: { c: {} } },
    }
    assert.deepEqual(FreightKind.indexKeys(freight), {
      warehouse: ['w'],
      currentlyIn: ['a'],
      verifiedIn: ['a', 'b'],
      approvedFor: ['c'],
      alias: ['merry-otter'],
    })
    const bare: Freight = { apiVersion: kargo, kind: 'Freight', metadata: { name: 'f' }, origin }
    assert.deepEqual(FreightKind.indexKeys(bare)['alias'], [])
  })

  it('find Promotions by Stage, Freight, end, and what the running ones wait for', () => {
    const promotion: Promotion = {
      apiVersion: kargo,
      kind: 'Promotion',
      metadata: { name: 'p' },
      spec: { stage: 's', freight: 'f' },
      status: { phase: 'Running', gantry: { watches: ['https://example.com/pr/1', 5] } },
    }
    assert.deepEqual(PromotionKind.indexKeys(promotion), {
      stage: ['s'],
      stageFreight: ['s:f'],
      terminal: ['false'],
      watches: ['https://example.com/pr/1'],
    })
    const ended: Promotion = { ...promotion, status: { ...promotion.status, phase: 'Failed' } }
    assert.deepEqual(PromotionKind.indexKeys(ended)['terminal'], ['true'])
    assert.deepEqual(PromotionKind.indexKeys(ended)['watches'], [])
    const phases = [undefined, 'Pending', 'Running', 'Succeeded', 'Aborted'] as const
    assert.deepEqual(phases.map(isTerminal), [false, false, false, true, true])
  })

  it('find Stages by what they take and what they are at', () => {
    const stage: Stage = {
      apiVersion: kargo,
      kind: 'Stage',
      metadata: { name: 's' },
      spec: {
        requestedFreight: [
          { origin, sources: { direct: true } },
          { origin: { ...origin, name: 'x' }, sources: { stages: ['a', 'b'] } },
          { origin: { ...origin, name: 'y' }, sources: { stages: ['a'] } },
        ],
      },
      status: {
        freightHistory: [
          {
            id: '1',
            items: { 'Warehouse/w': { name: 'f', origin } },
            verificationHistory: [{ analysisRun: { namespace: 'n', name: 'r', phase: '' } }, {}],
          },
          { id: '2', items: { 'Warehouse/w': { name: 'old', origin } } },
        ],
      },
    }
    assert.deepEqual(StageKind.indexKeys(stage), {
      warehouse: ['w'],
      origin: ['w', 'x', 'y'],
      upstream: ['a', 'b'],
      currentFreight: ['f'],
      analysisRun: ['n/r'],
    })
    assert.equal(isControlFlow(stage), true)
    const promotionTemplate = { spec: { steps: [{ uses: 'copy' }] } }
    assert.equal(isControlFlow({ ...stage, spec: { ...stage.spec, promotionTemplate } }), false)
  })

  it('find Warehouses by every normal form of their addresses', () => {
    const warehouse: Warehouse = {
      apiVersion: kargo,
      kind: 'Warehouse',
      metadata: { name: 'w' },
      spec: {
        subscriptions: [
          { git: { repoURL: 'https://Example.com/R.git' } },
          { name: 'x', image: { repoURL: 'docker.io/library/nginx' } },
          { chart: { repoURL: 'oci://ghcr.io/charts/app' } },
        ],
      },
    }
    const urls = WarehouseKind.indexKeys(warehouse)['url'] ?? []
    for (const url of ['https://example.com/r', 'nginx', 'ghcr.io/charts/app']) {
      assert.ok(urls.includes(url), url)
    }
  })

  it('find receivers by path, bindings by subject and accounts by claim', () => {
    const config = {
      apiVersion: kargo,
      kind: 'ProjectConfig' as const,
      metadata: { name: 'p' },
      status: { webhookReceivers: [{ name: 'a', path: '/github/1' }, { name: 'b' }] },
    }
    assert.deepEqual(ProjectConfigKind.indexKeys(config), { receiverPath: ['/github/1'] })
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1' as const,
      kind: 'RoleBinding' as const,
      metadata: { name: 'b', namespace: 'p' },
      roleRef: { kind: 'Role' as const, name: 'r' },
      subjects: [
        { kind: 'ServiceAccount' as const, name: 'a' },
        { kind: 'User' as const, name: 'u' },
      ],
    }
    assert.deepEqual(RoleBindingKind.indexKeys(binding), { subject: ['p/a', 'User:u'] })
    const account = {
      apiVersion: 'v1' as const,
      kind: 'ServiceAccount' as const,
      metadata: {
        name: 'a',
        annotations: {
          'rbac.kargo.akuity.io/claims': '{"email": ["x", 5], "sub": "y", "odd": {}}',
          'rbac.kargo.akuity.io/claim.email': 'z, x,',
        },
      },
    }
    assert.deepEqual(ServiceAccountKind.indexKeys(account), {
      claim: ['email:x', 'email:z', 'sub:y'],
    })
    const broken = { 'rbac.kargo.akuity.io/claims': 'nonsense' }
    assert.equal(claimsOf({ ...account, metadata: { name: 'a', annotations: broken } }).size, 0)
  })
})

describe('origins', () => {
  it('have one text, and other texts are no origin', () => {
    assert.equal(originKey(origin), 'Warehouse/w')
    assert.deepEqual(parseOrigin('Warehouse/w'), origin)
    for (const text of ['', 'w', 'Warehouse/', 'Stage/w', 'Warehouse/a/b', '/w']) {
      assert.equal(parseOrigin(text), undefined)
    }
  })
})
