import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { at } from '../../../test/policy/samples.ts'
import { gantryAfter, lastEffect, withdraw, withdrawalOf } from './promotion-record.ts'

const check = { uses: 'check', config: { a: 1 } }

describe('what Gantry notes in statuses', () => {
  it('a withdrawn Promotion is aborted, and says that it was withdrawn', () => {
    const status = withdraw('Superseded', 'newer ones took its place', at(0))
    assert.equal(status.phase, 'Aborted')
    assert.equal(status.finishedAt, at(0))
    assert.deepEqual(withdrawalOf(status), {
      code: 'Superseded',
      message: 'newer ones took its place',
    })
  })

  it('anything else under the key is not that', () => {
    for (const gantry of [
      undefined,
      null,
      1,
      [],
      {},
      { withdrawn: 1 },
      { withdrawn: { code: 1, message: 'm' } },
      { withdrawn: { code: 'c', message: 1 } },
    ])
      assert.equal(withdrawalOf({ gantry }), undefined)
    assert.equal(withdrawalOf(undefined), undefined)
    for (const lastStarted of [1, {}, { name: 'a' }, { phase: 'b' }, { name: 1, phase: 'b' }])
      assert.equal(lastEffect({ gantry: { lastStarted } }), undefined)
    assert.equal(lastEffect(undefined), undefined)
  })

  it('nothing of it stays when there is nothing to say', () => {
    assert.equal(gantryAfter({}, undefined), undefined)
    assert.equal(gantryAfter({ gantry: 1 }, undefined), undefined)
    const other = { gantry: { other: 1 } }
    assert.deepEqual(gantryAfter(other, { startedAt: at(0) }), { other: 1 })
    assert.deepEqual(gantryAfter(other, undefined), { other: 1 })
    const unstarted = { ...other, lastPromotion: { name: 'p', status: { phase: 'Aborted' } } }
    assert.deepEqual(gantryAfter(unstarted, undefined), { other: 1 })
    const noted = { gantry: { other: 1, lastStarted: { name: 'p', phase: 'Failed' } } }
    assert.equal(gantryAfter(noted, undefined), noted.gantry)
    assert.deepEqual(gantryAfter(noted, { startedAt: at(0) }), { other: 1 })
  })

  it('what a withdrawn Promotion says names the reason', () => {
    assert.match(withdraw('HeldBack', 'somebody holds it', at(0)).message, /somebody holds it/u)
  })

  it('a message that cannot be read is none', () => {
    const gantry = { lastStarted: { name: 'p', phase: 'Failed', message: 1 } }
    assert.equal(lastEffect({ gantry })?.message, '')
  })

  it('health checks that cannot be read are left out', () => {
    const healthChecks = [1, {}, { uses: 1 }, { uses: 'a' }, { uses: 'b', config: 1 }, check]
    const effect = lastEffect({ lastPromotion: { name: 'p', status: { healthChecks } } })
    assert.deepEqual(effect, {
      name: 'p',
      phase: '',
      message: '',
      healthChecks: [{ uses: 'a', config: {} }, { uses: 'b', config: {} }, check],
    })
    assert.deepEqual(lastEffect({ lastPromotion: { name: 'p' } })?.healthChecks, [])
  })
})
