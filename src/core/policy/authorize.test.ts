import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { PolicyRule } from '../kinds/role.ts'
import { covers, isAllowed } from './authorize.ts'

const rule: PolicyRule = { apiGroups: ['g'], resources: ['things'], verbs: ['get'] }
const request = { verb: 'get', group: 'g', resource: 'things', namespace: 'n', name: 'x' }

describe('isAllowed', () => {
  it('wants verb, group and resource to match', () => {
    assert.equal(isAllowed([rule], request), true)
    for (const change of [{ verb: 'list' }, { group: '' }, { resource: 'others' }]) {
      assert.equal(isAllowed([rule], { ...request, ...change }), false)
    }
    assert.equal(isAllowed([], request), false)
    assert.equal(isAllowed([{ verbs: ['get'] }], request), false)
  })

  it('takes a star for anything', () => {
    const all: PolicyRule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }
    assert.equal(isAllowed([all], request), true)
    assert.equal(isAllowed([{ ...rule, resources: ['*/status'] }], request), false)
    const status = { ...request, resource: 'things/status' }
    assert.equal(isAllowed([{ ...rule, resources: ['*/status'] }], status), true)
    assert.equal(isAllowed([rule], status), false)
    assert.equal(isAllowed([{ ...rule, resources: ['*s'] }], request), false)
    assert.equal(isAllowed([{ apiGroups: ['g'], verbs: ['get'] }], status), false)
  })

  it('keeps to the named objects when there are names', () => {
    const named = { ...rule, resourceNames: ['x'] }
    assert.equal(isAllowed([named], request), true)
    assert.equal(isAllowed([named], { ...request, name: 'y' }), false)
    assert.equal(isAllowed([named], { ...request, name: undefined }), false)
    assert.equal(isAllowed([{ ...rule, resourceNames: [] }], request), true)
  })
})

describe('covers', () => {
  const words = ['a', 'b', '*']
  const list = fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 2 })
  const anyRule = fc.record({
    apiGroups: list,
    resources: list,
    verbs: list,
    resourceNames: fc.uniqueArray(fc.constantFrom('x', 'y'), { maxLength: 2 }),
  })
  const rules = fc.array(anyRule, { maxLength: 3 })

  it('lets nobody give what they do not have', () => {
    const name = fc.constantFrom('x', 'y', 'z', undefined)
    const word = fc.constantFrom('a', 'b', 'c')
    fc.assert(
      fc.property(
        rules,
        rules,
        word,
        word,
        word,
        name,
        (held, wanted, verb, group, resource, of) => {
          if (!covers(held, wanted)) return
          const asked = { verb, group, resource, name: of }
          if (isAllowed(wanted, asked)) assert.ok(isAllowed(held, asked))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('lets everybody give what they have', () => {
    fc.assert(fc.property(rules, (held) => assert.ok(covers(held, held))))
  })

  it('is not fooled by a star, or by leaving names out', () => {
    assert.equal(covers([rule], [{ ...rule, verbs: ['*'] }]), false)
    assert.equal(covers([{ ...rule, resourceNames: ['x'] }], [rule]), false)
    assert.equal(covers([rule], [{ ...rule, resourceNames: ['x'] }]), true)
    assert.equal(covers([], []), true)
    assert.equal(covers([], [rule]), false)
  })

  it('is not stopped by a rule that allows nothing', () => {
    assert.equal(covers([], [{ verbs: ['get'], resources: ['things'] }]), true)
    assert.equal(covers([], [{ verbs: ['get'], apiGroups: ['g'] }]), true)
  })
})
