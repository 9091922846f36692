import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { GantryError } from '../errors.ts'
import type { PromotionTaskSpec } from '../kinds/promotion-task.ts'
import type { PromotionStep } from '../kinds/promotion-step.ts'
import type { ExpressionVariable } from '../kinds/shared.ts'
import { inflateSteps } from './inflate-steps.ts'

const variable = (name: string, value?: string): ExpressionVariable =>
  value === undefined ? { name } : { name, value }

function inflate(
  steps: readonly PromotionStep[],
  spec: PromotionTaskSpec | undefined,
  vars: readonly ExpressionVariable[] = [],
): PromotionStep[] {
  return inflateSteps({ steps, vars, task: () => spec })
}

describe('inflateSteps', () => {
  it('names steps by their position unless they have an alias', () => {
    const steps = [
      { uses: 'a' },
      { uses: 'b', as: 'x' },
      { task: { name: 't' } },
      { uses: 'c', as: ' ' },
    ]
    const spec = { steps: [{ uses: 'd' }, { uses: 'e', as: 'y' }] }
    assert.deepEqual(
      inflate(steps, spec).map(({ as }) => as),
      ['step-1', 'x', 'task-3::step-1', 'task-3::y', 'step-4'],
    )
  })

  it('gives the steps of a task its defaults, then what the reference gives, then their own', () => {
    const spec = {
      vars: [variable('a', '1'), variable('b', '2'), variable('c', '3')],
      steps: [{ uses: 'x', vars: [variable('own', 'o')] }, { uses: 'y' }],
    }
    const steps = [{ task: { name: 't' }, vars: [variable('b', 'given')] }]
    const [first, second] = inflate(steps, spec, [variable('c', 'shared')])
    assert.deepEqual(first?.vars, [
      variable('a', '1'),
      variable('b', 'given'),
      variable('own', 'o'),
    ])
    assert.deepEqual(second?.vars, [variable('a', '1'), variable('b', 'given')])
  })

  it('takes an empty value for none', () => {
    const spec = { vars: [variable('a', 'default')], steps: [{ uses: 'x' }] }
    const steps = [{ task: { name: 't' }, vars: [variable('a', '')] }]
    assert.deepEqual(inflate(steps, spec, [variable('a', '')])[0]?.vars, [
      variable('a', 'default'),
      variable('a', ''),
    ])
  })

  it('refuses a task variable without any value, and a task that does not exist', () => {
    const step = [{ task: { name: 't' } }]
    const refused = (spec: PromotionTaskSpec | undefined): void =>
      assert.throws(
        () => inflate(step, spec),
        (thrown) => thrown instanceof GantryError && thrown.code === 'Invalid',
      )
    refused({ vars: [variable('a')], steps: [{ uses: 'x' }] })
    refused({ vars: [variable('a', '')], steps: [{ uses: 'x' }] })
    refused(undefined)
  })

  it('says which task it is, and where', () => {
    const said = (task: PromotionStep['task'], spec?: PromotionTaskSpec): GantryError => {
      try {
        inflate([{ uses: 'a' }, { task }], spec)
      } catch (thrown) {
        if (thrown instanceof GantryError) return thrown
      }
      return assert.fail('nothing was refused')
    }
    const absent = said({ name: 't' })
    assert.equal(absent.message, 'there is no PromotionTask "t"')
    assert.equal(absent.field, 'spec.promotionTemplate.spec.steps[1].task')
    const shared = said({ name: 't', kind: 'ClusterPromotionTask' })
    assert.equal(shared.message, 'there is no ClusterPromotionTask "t"')
    const lacking = said({ name: 't' }, { vars: [variable('v')], steps: [{ uses: 'x' }] })
    assert.match(lacking.message, /^PromotionTask "t" needs a value for its variable "v"/)
    assert.equal(lacking.field, 'spec.promotionTemplate')
  })

  it('keeps what a step of a task says of itself', () => {
    const inner = {
      uses: 'x',
      if: '${{ always() }}',
      continueOnError: true,
      retry: { timeout: '1m' },
    }
    const [step] = inflate([{ task: { name: 't' } }], { steps: [inner] })
    assert.deepEqual(step, { ...inner, as: 'task-1::step-1' })
  })

  it('gives unique aliases, shares nothing and leaves its input alone', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const vars = fc.array(fc.record({ name, value: fc.constantFrom('x', 'y') }), { maxLength: 3 })
    const inner = fc.record({ uses: name, vars }, { requiredKeys: ['uses'] })
    const spec = fc.record({ steps: fc.array(inner, { minLength: 1, maxLength: 3 }), vars })
    const step = fc.oneof(inner, fc.record({ task: fc.record({ name }), vars }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), spec, vars, (steps, task, shared) => {
        const before = JSON.stringify([steps, task, shared])
        const result = inflate(steps, task, shared)
        const aliases = result.map(({ as }) => as)
        assert.equal(new Set(aliases).size, aliases.length)
        const lists = result.flatMap((each) => (each.vars === undefined ? [] : [each.vars]))
        assert.equal(new Set(lists).size, lists.length)
        for (const list of lists) list.push({ name: 'changed' })
        assert.equal(JSON.stringify([steps, task, shared]), before)
        for (const each of result) assert.equal(each.task, undefined)
      }),
    )
  })
})
