import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { at, sampleStage } from '../../../test/policy/samples.ts'
import type { HealthState } from '../kinds/health.ts'
import type { Stage, StageStatus } from '../kinds/stage.ts'
import { aggregateHealth, healthCondition, planHealth, worseHealth } from './health.ts'

function stageWith(status: StageStatus): Stage {
  return sampleStage('test', { status })
}

const check = { uses: 'check', config: { a: 1 } }
const succeeded = {
  name: 'test.1',
  status: { phase: 'Succeeded' as const, startedAt: at(0), healthChecks: [check] },
}

describe('health', () => {
  it('is unknown while a Promotion is under way', () => {
    const plan = planHealth(
      stageWith({ currentPromotion: { name: 'test.2' }, lastPromotion: succeeded }),
    )
    assert.equal(plan.do, 'set')
    assert.equal(plan.health?.status, 'Unknown')
    assert.equal(plan.health.issues?.length, 1)
    assert.equal(plan.condition.type, 'Healthy')
    assert.equal(plan.condition.status, 'Unknown')
    assert.equal(plan.condition.reason, 'ActivePromotion')
  })

  it('is nothing before the first Promotion', () => {
    const plan = planHealth(stageWith({}))
    assert.equal(plan.do, 'set')
    assert.equal(plan.health, undefined)
    assert.equal(plan.condition.type, 'Healthy')
    assert.equal(plan.condition.status, 'Unknown')
    assert.equal(plan.condition.reason, 'NoFreight')
  })

  it('is unknown after a Promotion that did not succeed', () => {
    for (const phase of ['Failed', 'Errored', 'Aborted'] as const) {
      const plan = planHealth(
        stageWith({ lastPromotion: { name: 'test.1', status: { phase, startedAt: at(0) } } }),
      )
      assert.equal(plan.do, 'set')
      assert.equal(plan.health?.status, 'Unknown')
      assert.equal(plan.condition.reason, `LastPromotion${phase}`)
    }
  })

  it('is told by the checks of the last success, also when one that never started came after', () => {
    const plan = planHealth(stageWith({ lastPromotion: succeeded }))
    assert.deepEqual(plan, { do: 'check', checks: [check] })
    const gantry = { lastStarted: { name: 'test.1', phase: 'Succeeded', healthChecks: [check] } }
    const aborted = { name: 'test.2', status: { phase: 'Aborted' as const } }
    assert.deepEqual(planHealth(stageWith({ lastPromotion: aborted, gantry })), {
      do: 'check',
      checks: [check],
    })
  })

  it('of several checks is the worst, with all issues and outputs', () => {
    assert.deepEqual(aggregateHealth([]), { status: 'Healthy' })
    assert.deepEqual(
      aggregateHealth([
        { status: 'Progressing', issues: ['a'], output: 1 },
        { status: 'Healthy' },
        { status: 'Unknown', issues: ['b', 'c'], output: null },
      ]),
      { status: 'Unknown', issues: ['a', 'b', 'c'], output: [1, null] },
    )
  })

  it('gets worse in one order', () => {
    const states: readonly HealthState[] = [
      'Healthy',
      'NotApplicable',
      'Progressing',
      'Unknown',
      'Unhealthy',
    ]
    for (const [i, a] of states.entries())
      for (const [j, b] of states.entries()) assert.equal(worseHealth(a, b), states[Math.max(i, j)])
  })

  it('makes a condition', () => {
    const conditionOf = (status: HealthState): unknown[] => {
      const condition = healthCondition({ status })
      return [condition.type, condition.status, condition.reason]
    }
    assert.deepEqual(conditionOf('Healthy'), ['Healthy', 'True', 'Healthy'])
    assert.deepEqual(conditionOf('Unhealthy'), ['Healthy', 'False', 'Unhealthy'])
    for (const status of ['Unknown', 'Progressing', 'NotApplicable'] as const)
      assert.deepEqual(conditionOf(status), ['Healthy', 'Unknown', status])
    assert.equal(healthCondition({ status: 'Unhealthy', issues: ['a', 'b'] }).message, 'a; b')
    assert.match(healthCondition({ status: 'Healthy' }).message, /Healthy/u)
  })
})
