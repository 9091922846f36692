import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonText } from '../../src/core/json.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { adminPassword, adminToken } from './harness.ts'
import { freightManifest, startTenants } from './tenants.ts'

test('K#6754: whichever way somebody signed in, what they did says by whom', async () => {
  const api = await startTenants()
  const cookie = (await api.auth.redeem(api.auth.issueLinkCode())).split(';')[0] ?? ''
  const login = await api.auth.login(adminPassword, '')
  const account = await api.token('alpha', 'kargo-admin')
  const holder = 'kubernetes:system:serviceaccount:alpha:kargo-admin'
  const ways: readonly (readonly [string, Record<string, string>, string])[] = [
    ['page', { cookie, 'x-gantry-request': '1' }, 'admin'],
    ['command', { authorization: `Bearer ${adminToken}` }, 'admin'],
    ['login', { authorization: `Bearer ${login}` }, 'admin'],
    ['token', { authorization: `Bearer ${account}` }, holder],
  ]
  for (const [at, [way, headers, actor]] of ways.entries()) {
    const before = (await api.journal.range({ limit: 1000 })).records.length
    const send = async (path: string, body: object): Promise<void> => {
      const answer = await api.app.request(path, {
        method: 'POST',
        headers: { host: 'localhost', ...headers },
        body: JSON.stringify(body),
      })
      assert.ok(answer.ok, `${way} ${path}: ${answer.status} ${await answer.text()}`)
    }
    await send('/v1beta1/resources', freightManifest('alpha', `by-${way}`, `2.0.${at}`))
    const base = '/v1beta1/projects/alpha'
    await send(`${base}/freight/by-${way}/approve?stage=prod`, {})
    await send(`${base}/stages/test/promotions`, { freight: `by-${way}` })
    const { items } = await api.store.list(PromotionKind, { namespace: 'alpha' })
    const freight = (
      await api.store.list(FreightKind, { index: { name: 'alias', key: `by-${way}` } })
    ).items[0]
    const made = items.find(({ spec }) => spec.freight === freight?.metadata.name)
    assert.equal(made?.metadata.annotations?.['kargo.akuity.io/create-actor'], actor, way)
    const { records } = await api.journal.range({ limit: 1000 })
    const added = records.slice(before)
    assert.deepEqual(
      added
        .filter(({ kind }) => kind === 'event')
        .map(({ payload }) => jsonText(payload['reason']))
        .toSorted(),
      ['FreightApproved', 'FreightCreated', 'PromotionCreated'],
    )
    for (const { kind, payload } of added) {
      if (kind !== 'event') continue
      const { annotations } = payload['metadata'] as { annotations: Record<string, string> }
      assert.equal(
        annotations['event.kargo.akuity.io/actor'],
        actor,
        `${way}: ${jsonText(payload['reason'])}`,
      )
    }
  }
})
