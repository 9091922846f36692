import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mayPromote } from './may-promote.ts'
import type { GateInput } from './may-promote.ts'
import {
  at,
  autoPolicy,
  hour,
  minute,
  noon,
  reference,
  sampleCollection,
  sampleFreight,
  sampleInput,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'
import { describeBlockers, requiredGates, startOutcome } from './verdict.ts'
import type { Blocker, BlockerCode } from './verdict.ts'

function blockersOf(overrides: Partial<GateInput>): readonly Blocker[] {
  const verdict = mayPromote(sampleInput(overrides))
  if (verdict.allowed) return []
  for (const { message } of verdict.blockers) assert.match(message, /^[a-z][^]{11,}[^.]$/u)
  return verdict.blockers
}

function codesOf(overrides: Partial<GateInput>): readonly BlockerCode[] {
  return blockersOf(overrides).map(({ code }) => code)
}

function proofOf(overrides: Partial<GateInput>, gate: string): unknown {
  const { evidence } = mayPromote(sampleInput(overrides))
  const found = evidence.find((each) => each.gate === gate)
  return found === undefined ? undefined : [found.by, found.proof]
}

const auto = { trigger: 'auto' } as const

describe('what is in order is allowed, with a proof for each gate', () => {
  it('by hand', () => {
    const verdict = mayPromote(sampleInput())
    assert.equal(verdict.allowed, true)
    assert.deepEqual(
      verdict.evidence.map(({ gate }) => gate),
      requiredGates('manual', 'create'),
    )
  })

  it('automatically', () => {
    const verdict = mayPromote(sampleInput(auto))
    assert.equal(verdict.allowed, true)
    assert.deepEqual(
      verdict.evidence.map(({ gate }) => gate),
      requiredGates('auto', 'create'),
    )
  })

  it('at its start', () => {
    const promotion = samplePromotion('test.2', 'new')
    for (const trigger of ['manual', 'auto'] as const) {
      const verdict = mayPromote(sampleInput({ at: 'start', trigger, promotion }))
      assert.equal(verdict.allowed, true)
      assert.deepEqual(
        verdict.evidence.map(({ gate }) => gate),
        requiredGates(trigger, 'start'),
      )
    }
  })

  it('the proof says what proved it', () => {
    assert.deepEqual(proofOf({}, 'project'), ['same', { project: 'demo' }])
    assert.deepEqual(proofOf({}, 'stage'), ['steps', { stage: 'test', generation: 0 }])
    assert.deepEqual(proofOf({}, 'support'), ['nothing-unsupported', undefined])
    assert.deepEqual(proofOf({}, 'origin'), ['requested', { origin: 'Warehouse/web' }])
    assert.deepEqual(proofOf({}, 'sources'), ['direct', {}])
    assert.deepEqual(proofOf(auto, 'policy'), ['enabled', undefined])
    assert.deepEqual(proofOf(auto, 'hold'), ['none', undefined])
    assert.deepEqual(proofOf(auto, 'upstream'), ['newest', undefined])
    assert.deepEqual(proofOf(auto, 'current'), ['empty', undefined])
    assert.deepEqual(proofOf(auto, 'history'), ['untried', undefined])
    assert.deepEqual(proofOf(auto, 'duplicate'), ['none', undefined])
    const start = {
      at: 'start',
      promotion: samplePromotion('test.2', 'new', { steps: 3 }),
    } as const
    assert.deepEqual(proofOf(start, 'steps'), ['steps', { promotion: 'test.2', steps: 3 }])
    assert.deepEqual(proofOf(start, 'turn'), ['first', undefined])
    assert.deepEqual(proofOf(start, 'verification'), ['nothing-to-verify', undefined])
    const generation = { ...sampleStage('test') }
    generation.metadata = { ...generation.metadata, generation: 7 }
    assert.deepEqual(proofOf({ stage: generation }, 'stage'), [
      'steps',
      { stage: 'test', generation: 7 },
    ])
  })
})

describe('the gates of Stage and Freight', () => {
  it('Freight of another Project stays out', () => {
    const freight = sampleFreight('new', { namespace: 'other' })
    const [blocker, ...rest] = blockersOf({ freight })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'OtherProject')
    assert.equal(blocker.gate, 'project')
    assert.equal(blocker.subject, 'Freight/new')
  })

  it('nothing enters a Stage that is being deleted', () => {
    const [blocker] = blockersOf({ stage: sampleStage('test', { deleting: true }) })
    assert.equal(blocker?.code, 'StageDeleting')
    assert.equal(blocker.gate, 'stage')
    assert.equal(blocker.subject, 'Stage/test')
  })

  it('Freight that is being deleted enters nothing', () => {
    const [blocker] = blockersOf({ freight: sampleFreight('new', { deleting: true }) })
    assert.equal(blocker?.code, 'FreightDeleting')
    assert.equal(blocker.gate, 'stage')
    assert.equal(blocker.subject, 'Freight/new')
  })

  it('nothing is promoted into a control-flow Stage', () => {
    const [blocker] = blockersOf({ stage: sampleStage('test', { controlFlow: true }) })
    assert.equal(blocker?.code, 'ControlFlowStage')
    assert.equal(blocker.gate, 'stage')
    assert.equal(blocker.subject, 'Stage/test')
    const empty = sampleStage('test')
    empty.spec.promotionTemplate = { spec: { steps: [] } }
    assert.deepEqual(codesOf({ stage: empty }), ['ControlFlowStage'])
  })

  it('everything that is wrong is named at once', () => {
    const stage = sampleStage('test', { deleting: true, controlFlow: true, verification: true })
    const freight = sampleFreight('new', { warehouse: 'other', namespace: 'other' })
    assert.deepEqual(codesOf({ stage, freight }), [
      'OtherProject',
      'StageDeleting',
      'ControlFlowStage',
      'NotSupported',
      'NotRequested',
    ])
  })
})

describe('a gate that is parsed but does not work yet blocks', () => {
  it('targets', () => {
    const [blocker] = blockersOf({ stage: sampleStage('test', { targets: true }) })
    assert.equal(blocker?.code, 'NotSupported')
    assert.equal(blocker.gate, 'support')
    assert.equal(blocker.subject, 'Stage/test')
  })

  it('verification, until it is supported', () => {
    const stage = sampleStage('test', { verification: true })
    const [blocker] = blockersOf({ stage })
    assert.equal(blocker?.code, 'NotSupported')
    assert.equal(blocker.gate, 'support')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ stage, supports: {} }), ['NotSupported'])
    assert.deepEqual(codesOf({ stage, supports: { verification: false } }), ['NotSupported'])
    assert.deepEqual(codesOf({ stage, supports: { verification: true } }), [])
  })

  it('promotion windows, each by name', () => {
    const blockers = blockersOf({ policy: { ...autoPolicy, windows: ['night', 'weekend'] } })
    assert.deepEqual(
      blockers.map(({ code, gate, subject }) => [code, gate, subject]),
      [
        ['NotSupported', 'support', 'PromotionWindow/night'],
        ['NotSupported', 'support', 'PromotionWindow/weekend'],
      ],
    )
  })
})

describe('the gate of the sources', () => {
  const uat = sampleStage('uat', { requests: [{ stages: ['test'], soak: '1h' }] })

  it('an origin that the Stage does not request stays out, approved or not', () => {
    const freight = sampleFreight('new', { warehouse: 'other', approved: { test: 0 } })
    const [blocker, ...rest] = blockersOf({ freight })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'NotRequested')
    assert.equal(blocker.gate, 'origin')
    assert.equal(blocker.subject, 'Stage/test')
  })

  it('a request without any source takes only what is approved', () => {
    const stage = sampleStage('test', { requests: [{ direct: false, stages: [] }] })
    const [blocker] = blockersOf({ stage })
    assert.equal(blocker?.code, 'NotApproved')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Freight/new')
    const freight = sampleFreight('new', { approved: { test: -minute } })
    assert.deepEqual(proofOf({ stage, freight }, 'sources'), [
      'approval',
      { approvedAt: noon - minute },
    ])
  })

  it('a soak time that cannot be read blocks', () => {
    const stage = sampleStage('uat', { requests: [{ stages: ['test'], soak: 'soon' }] })
    const freight = sampleFreight('new', { verified: { test: -hour } })
    const [blocker] = blockersOf({ stage, freight })
    assert.equal(blocker?.code, 'Invalid')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/uat')
  })

  it('unverified upstream, since it entered there, else since it was discovered', () => {
    const [blocker] = blockersOf({ stage: uat })
    assert.equal(blocker?.code, 'NotVerifiedUpstream')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - hour)
    assert.equal(blocker.mayChangeAt, undefined)
    const [entered] = blockersOf({
      stage: uat,
      freight: sampleFreight('new', { current: { test: -minute } }),
    })
    assert.equal(entered?.code, 'NotVerifiedUpstream')
    assert.equal(entered.since, noon - minute)
  })

  it('soaking, with its exact end', () => {
    const freight = sampleFreight('new', {
      verified: { test: -10 * minute },
      current: { test: -20 * minute },
    })
    const [blocker] = blockersOf({ stage: uat, freight })
    assert.equal(blocker?.code, 'Soaking')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - 20 * minute)
    assert.equal(blocker.mayChangeAt, noon + 40 * minute)
    assert.deepEqual(codesOf({ stage: uat, freight, now: noon + 40 * minute - 1 }), ['Soaking'])
    assert.deepEqual(proofOf({ stage: uat, freight, now: noon + 40 * minute }, 'sources'), [
      'upstream',
      {
        strategy: 'OneOf',
        requiredSoakTime: '1h',
        upstreams: [{ stage: 'test', verifiedAt: noon - 10 * minute, soakedMs: hour }],
      },
    ])
  })

  it('gone before it had soaked', () => {
    const freight = sampleFreight('new', {
      verified: { test: -2 * hour },
      soaked: { test: '59m59s' },
    })
    const [blocker] = blockersOf({ stage: uat, freight })
    assert.equal(blocker?.code, 'SoakInterrupted')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - 2 * hour)
    assert.equal(blocker.mayChangeAt, undefined)
  })

  it('of several upstream Stages only those that did not pass are named', () => {
    const freight = sampleFreight('new', { verified: { a: -hour } })
    const stage = sampleStage('uat', { requests: [{ stages: ['a', 'b', 'c'], strategy: 'All' }] })
    assert.deepEqual(
      blockersOf({ stage, freight }).map(({ code, subject }) => [code, subject]),
      [
        ['NotVerifiedUpstream', 'Stage/b'],
        ['NotVerifiedUpstream', 'Stage/c'],
      ],
    )
    const all = sampleFreight('new', { verified: { a: -hour, b: -hour, c: -minute } })
    assert.deepEqual(proofOf({ stage, freight: all }, 'sources'), [
      'upstream',
      {
        strategy: 'All',
        upstreams: [
          { stage: 'a', verifiedAt: noon - hour },
          { stage: 'b', verifiedAt: noon - hour },
          { stage: 'c', verifiedAt: noon - minute },
        ],
      },
    ])
  })
})

describe('the gates of automatic promotion', () => {
  const policy = { ...autoPolicy, autoPromotionEnabled: false }

  it('a policy has to enable it', () => {
    const [blocker, ...rest] = blockersOf({ ...auto, policy })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'AutoPromotionDisabled')
    assert.equal(blocker.gate, 'policy')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ policy }), [])
  })

  it('a policy that cannot be read enables nothing', () => {
    const problem = 'cannot read it'
    const [blocker] = blockersOf({ ...auto, policy: { ...autoPolicy, problem } })
    assert.equal(blocker?.code, 'Invalid')
    assert.equal(blocker.gate, 'policy')
    assert.equal(blocker.message, problem)
  })

  it('a hold of the origin blocks it, and says since when', () => {
    const holds = { 'Warehouse/web': { freightName: 'old', actor: 'admin', createdAt: at(-hour) } }
    const [blocker] = blockersOf({ ...auto, holds })
    assert.equal(blocker?.code, 'HeldBack')
    assert.equal(blocker.gate, 'hold')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - hour)
    assert.deepEqual(codesOf({ holds }), [])
    const other = { 'Warehouse/other': { freightName: 'old' } }
    assert.deepEqual(codesOf({ ...auto, holds: other }), [])
  })

  it('MatchUpstream takes only what the upstream Stage is at', () => {
    const stage = sampleStage('uat', { requests: [{ stages: ['test'], match: true }] })
    const gone = sampleFreight('new', { verified: { test: -hour } })
    const [blocker] = blockersOf({ ...auto, stage, freight: gone })
    assert.equal(blocker?.code, 'NotMatchingUpstream')
    assert.equal(blocker.gate, 'upstream')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ stage, freight: gone }), [])
    const there = sampleFreight('new', { verified: { test: -hour }, current: { test: -hour } })
    assert.deepEqual(proofOf({ ...auto, stage, freight: there }, 'upstream'), [
      'matches',
      undefined,
    ])
  })

  it('what the Stage is at already is not promoted again', () => {
    const status = { freightHistory: [sampleCollection([reference('new')])] }
    const stage = sampleStage('test', { status })
    const [blocker, ...rest] = blockersOf({ ...auto, stage })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'AlreadyCurrent')
    assert.equal(blocker.gate, 'current')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ stage }), [])
  })

  it('it never goes backwards', () => {
    const status = { freightHistory: [sampleCollection([reference('now')])] }
    const stage = sampleStage('test', { status })
    const newer = sampleFreight('now', { discovered: 0 })
    const [blocker] = blockersOf({ ...auto, stage, currentFreight: newer })
    assert.equal(blocker?.code, 'OlderThanCurrent')
    assert.equal(blocker.gate, 'current')
    assert.equal(blocker.subject, 'Stage/test')
    const older = sampleFreight('now', { discovered: -2 * hour })
    assert.deepEqual(proofOf({ ...auto, stage, currentFreight: older }, 'current'), [
      'newer',
      { current: 'now' },
    ])
    assert.deepEqual(codesOf({ stage, currentFreight: newer }), [])
  })

  it('it does not guess when what the Stage is at is gone', () => {
    const status = { freightHistory: [sampleCollection([reference('now')])] }
    const stage = sampleStage('test', { status })
    const [blocker] = blockersOf({ ...auto, stage })
    assert.equal(blocker?.code, 'CurrentFreightMissing')
    assert.equal(blocker.gate, 'current')
    assert.equal(blocker.subject, 'Stage/test')
    const other = sampleFreight('other', { discovered: -2 * hour })
    assert.deepEqual(codesOf({ ...auto, stage, currentFreight: other }), ['CurrentFreightMissing'])
  })

  it('MatchUpstream follows its upstream also to what is older', () => {
    const status = { freightHistory: [sampleCollection([reference('now')])] }
    const stage = sampleStage('uat', { requests: [{ stages: ['test'], match: true }], status })
    const freight = sampleFreight('new', { verified: { test: -hour }, current: { test: -minute } })
    const currentFreight = sampleFreight('now', { discovered: 0 })
    assert.deepEqual(proofOf({ ...auto, stage, freight, currentFreight }, 'current'), [
      'follows-upstream',
      { current: 'now' },
    ])
  })

  it('what failed before is not tried again', () => {
    for (const phase of ['Failed', 'Errored', 'Aborted'] as const) {
      const promotions = [samplePromotion('test.1', 'new', { phase, started: -2, finished: 0 })]
      const [blocker, ...rest] = blockersOf({ ...auto, promotions })
      assert.deepEqual(rest, [])
      assert.equal(blocker?.code, 'FailedBefore')
      assert.equal(blocker.gate, 'history')
      assert.equal(blocker.subject, 'Promotion/test.1')
      assert.equal(blocker.since, noon)
      assert.deepEqual(codesOf({ promotions }), [])
    }
  })

  it('only the newest attempt counts, of this Freight and this Stage', () => {
    const status = { lastPromotion: { name: 'test.9' } }
    const stage = sampleStage('test', { status })
    const failed = samplePromotion('test.1', 'new', { phase: 'Failed' })
    const succeeded = samplePromotion('test.2', 'new', { phase: 'Succeeded' })
    for (const promotions of [
      [failed, succeeded],
      [succeeded, failed],
    ])
      assert.deepEqual(proofOf({ ...auto, stage, promotions }, 'history'), ['succeeded', undefined])
    const later = samplePromotion('test.3', 'new', { phase: 'Failed' })
    assert.deepEqual(codesOf({ ...auto, stage, promotions: [succeeded, later, failed] }), [
      'FailedBefore',
    ])
    const others = [
      samplePromotion('test.4', 'other', { phase: 'Failed' }),
      samplePromotion('uat.4', 'new', { phase: 'Failed', stage: 'uat' }),
    ]
    assert.deepEqual(proofOf({ ...auto, stage, promotions: others }, 'history'), [
      'untried',
      undefined,
    ])
  })

  it('one that was withdrawn before it started is no failure', () => {
    const promotions = [
      samplePromotion('test.1', 'new', {
        phase: 'Aborted',
        status: { gantry: { withdrawn: { code: 'Superseded', message: 'by test.2' } } },
      }),
    ]
    assert.deepEqual(codesOf({ ...auto, promotions }), [])
  })

  it('what did not pass verification in the Stage does not come back by itself', () => {
    const failed = { id: '1', phase: 'Failed', finishTime: at(-minute) } as const
    const status = {
      freightHistory: [
        sampleCollection([reference('now')]),
        sampleCollection([reference('new')], [failed]),
      ],
    }
    const currentFreight = sampleFreight('now', { discovered: -2 * hour })
    const stage = sampleStage('test', { status })
    const [blocker] = blockersOf({ ...auto, stage, currentFreight })
    assert.equal(blocker?.code, 'FailedBefore')
    assert.equal(blocker.gate, 'history')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - minute)
    for (const passed of [
      [],
      [failed, { id: '2', phase: 'Successful' } as const],
      [{ id: '2', phase: 'Running' } as const, failed],
    ]) {
      const history = [
        sampleCollection([reference('now')]),
        sampleCollection([reference('new')], passed),
      ]
      const other = sampleStage('test', { status: { freightHistory: history } })
      assert.deepEqual(codesOf({ ...auto, stage: other, currentFreight }), [])
    }
  })

  it('the same Freight is not queued twice', () => {
    for (const phase of [undefined, 'Pending', 'Running'] as const) {
      const promotion = samplePromotion('test.1', 'new', {
        ...(phase !== undefined && { phase }),
        created: -minute,
      })
      const [blocker, ...rest] = blockersOf({ ...auto, promotions: [promotion] })
      assert.deepEqual(rest, [])
      assert.equal(blocker?.code, 'InProgress')
      assert.equal(blocker.gate, 'duplicate')
      assert.equal(blocker.subject, 'Promotion/test.1')
      assert.equal(blocker.since, noon - minute)
      assert.deepEqual(codesOf({ promotions: [promotion] }), [])
    }
    const started = samplePromotion('test.1', 'new', { phase: 'Running', started: -2 * minute })
    assert.equal(blockersOf({ ...auto, promotions: [started] })[0]?.since, noon - 2 * minute)
    const elsewhere = [
      samplePromotion('test.1', 'other'),
      samplePromotion('uat.1', 'new', { stage: 'uat' }),
    ]
    assert.deepEqual(codesOf({ ...auto, promotions: elsewhere }), [])
  })

  it('one that succeeded is in progress until the Stage has noted it', () => {
    const promotions = [samplePromotion('test.2', 'new', { phase: 'Succeeded' })]
    assert.deepEqual(codesOf({ ...auto, promotions }), ['InProgress'])
    const before = sampleStage('test', { status: { lastPromotion: { name: 'test.1' } } })
    assert.deepEqual(codesOf({ ...auto, promotions, stage: before }), ['InProgress'])
    const noted = sampleStage('test', { status: { lastPromotion: { name: 'test.2' } } })
    assert.deepEqual(codesOf({ ...auto, promotions, stage: noted }), [])
  })

  it('what the current Promotion carries is in progress, also before its Promotion is seen', () => {
    const status = { currentPromotion: { name: 'test.7', freight: reference('new') } }
    const [blocker] = blockersOf({ ...auto, stage: sampleStage('test', { status }) })
    assert.equal(blocker?.code, 'InProgress')
    assert.equal(blocker.subject, 'Promotion/test.7')
    const other = { currentPromotion: { name: 'test.7', freight: reference('other') } }
    assert.deepEqual(codesOf({ ...auto, stage: sampleStage('test', { status: other }) }), [])
    const bare = { currentPromotion: { name: 'test.7' } }
    assert.deepEqual(codesOf({ ...auto, stage: sampleStage('test', { status: bare }) }), [])
  })
})

describe('the gates at the start', () => {
  const promotion = samplePromotion('test.2', 'new', { created: -minute })
  const start = { at: 'start', promotion, promotions: [promotion] } as const

  it('a Promotion without steps, or of other Freight, or none at all, does not start', () => {
    const [blocker] = blockersOf({ ...start, promotion: samplePromotion('p', 'new', { steps: 0 }) })
    assert.equal(blocker?.code, 'NoSteps')
    assert.equal(blocker.gate, 'steps')
    assert.equal(blocker.subject, 'Promotion/p')
    assert.deepEqual(codesOf({ at: 'start', promotion: samplePromotion('p', 'other') }), [
      'NoSteps',
    ])
    assert.deepEqual(codesOf({ at: 'start' }), ['NoSteps'])
  })

  it('a Promotion that has ended does not start again', () => {
    for (const phase of ['Succeeded', 'Failed', 'Errored', 'Aborted'] as const) {
      const ended = samplePromotion('test.2', 'new', { phase })
      const [blocker] = blockersOf({ ...start, promotion: ended, promotions: [ended] })
      assert.equal(blocker?.code, 'Finished')
      assert.equal(blocker.gate, 'steps')
      assert.equal(blocker.subject, 'Promotion/test.2')
    }
  })

  it('it waits for the one that runs, and for older ones in the queue', () => {
    const running = samplePromotion('test.3', 'x', { phase: 'Running', started: -2 * minute })
    const [blocker] = blockersOf({ ...start, promotions: [promotion, running] })
    assert.equal(blocker?.code, 'WaitingForTurn')
    assert.equal(blocker.gate, 'turn')
    assert.equal(blocker.subject, 'Promotion/test.3')
    assert.equal(blocker.since, noon - 2 * minute)
    const older = samplePromotion('test.1', 'x', { phase: 'Pending', created: -3 * minute })
    const [waiting] = blockersOf({ ...start, promotions: [promotion, older] })
    assert.equal(waiting?.code, 'WaitingForTurn')
    assert.equal(waiting.subject, 'Promotion/test.1')
    assert.equal(waiting.since, noon - 3 * minute)
    const others = [
      promotion,
      samplePromotion('test.1', 'x', { phase: 'Failed' }),
      samplePromotion('test.3', 'x'),
      samplePromotion('a.1', 'x', { stage: 'a', phase: 'Running' }),
    ]
    assert.deepEqual(codesOf({ ...start, promotions: others }), [])
    assert.deepEqual(codesOf({ promotions: [running] }), [])
  })

  it('it waits for the verification of what is there', () => {
    const status = {
      lastPromotion: { name: 'test.1', finishedAt: at(-minute) },
      freightHistory: [sampleCollection([reference('old')])],
      health: { status: 'Healthy' as const },
    }
    const stage = sampleStage('test', { status })
    const [blocker] = blockersOf({ ...start, stage })
    assert.equal(blocker?.code, 'VerificationRunning')
    assert.equal(blocker.gate, 'verification')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - minute)
    assert.deepEqual(codesOf({ stage }), [])
  })

  it('it is judged again by every other gate, but not as a duplicate of itself', () => {
    const stage = sampleStage('test', { verification: true })
    assert.deepEqual(codesOf({ ...start, stage }), ['NotSupported'])
    assert.deepEqual(codesOf({ ...start, trigger: 'auto' }), [])
    const holds = { 'Warehouse/web': { freightName: 'old' } }
    assert.deepEqual(codesOf({ ...start, trigger: 'auto', holds }), ['HeldBack'])
  })
})

describe('what becomes of a Promotion at its start', () => {
  const promotion = samplePromotion('test.2', 'new')
  const start = { at: 'start', promotion } as const
  const older = samplePromotion('test.1', 'x')

  it('allowed: start it', () => {
    assert.equal(startOutcome(mayPromote(sampleInput(start))), 'start')
  })

  it('blocked by nothing but its turn or a verification: let it wait', () => {
    const status = {
      lastPromotion: { name: 'test.0' },
      freightHistory: [sampleCollection([reference('old')])],
    }
    const turn = mayPromote(sampleInput({ ...start, promotions: [older] }))
    assert.equal(startOutcome(turn), 'wait')
    const stage = sampleStage('test', { status })
    assert.equal(startOutcome(mayPromote(sampleInput({ ...start, stage }))), 'wait')
  })

  it('blocked by anything else: refuse it', () => {
    const stage = sampleStage('test', { targets: true })
    const verdict = mayPromote(sampleInput({ ...start, stage, promotions: [older] }))
    assert.equal(startOutcome(verdict), 'refuse')
  })

  it('the sentences of all blockers make one message', () => {
    const blockers = blockersOf({ stage: sampleStage('test', { targets: true, deleting: true }) })
    const [first, second] = blockers
    assert.equal(describeBlockers(blockers), `${first?.message}; ${second?.message}`)
  })
})
