import { instantOf } from './instant.ts'
import type { GateInput, Judgement } from './may-promote.ts'
import { isTerminal, orderPromotions } from './promotion-order.ts'
import { verificationWait } from './verification-gate.ts'

/** The gates of a Promotion that is about to start: it has steps, it is its turn, and what is there was verified. */
export function judgeStart(input: GateInput): readonly Judgement[] {
  return [judgeSteps(input), judgeTurn(input), judgeVerification(input)]
}

function judgeSteps({ promotion, freight }: GateInput): Judgement {
  const name = promotion?.metadata.name ?? ''
  const steps = promotion?.spec.steps?.length ?? 0
  if (promotion !== undefined && isTerminal(promotion))
    return [
      {
        code: 'Finished',
        gate: 'steps',
        subject: `Promotion/${name}`,
        message: `promotion ${name} has ended (${promotion.status?.phase ?? ''}): create a new one`,
      },
    ]
  if (steps > 0 && promotion?.spec.freight === freight.metadata.name)
    return { gate: 'steps', by: 'steps', proof: { promotion: name, steps } }
  return [
    {
      code: 'NoSteps',
      gate: 'steps',
      subject: `Promotion/${name}`,
      message: `promotion ${name} has no steps for freight ${freight.metadata.name}: create a new one`,
    },
  ]
}

/** One Promotion of a Stage runs at a time; the others wait in the order of their names. */
function judgeTurn({ stage, promotion, promotions }: GateInput): Judgement {
  const own = promotions.filter(({ spec }) => spec.stage === stage.metadata.name)
  const first = orderPromotions(own).find((each) => !isTerminal(each))
  const name = promotion?.metadata.name ?? ''
  if (first === undefined || first.metadata.name === name) return { gate: 'turn', by: 'first' }
  const verb = first.status?.phase === 'Running' ? 'runs' : 'is before it in the queue'
  return [
    {
      code: 'WaitingForTurn',
      gate: 'turn',
      subject: `Promotion/${first.metadata.name}`,
      message: `promotion ${first.metadata.name} ${verb}: wait for it to end, or abort it`,
      since: instantOf(first.status?.startedAt ?? first.metadata.creationTimestamp),
    },
  ]
}

function judgeVerification({ stage, supports }: GateInput): Judgement {
  const wait = verificationWait(stage, supports)
  if (wait === undefined) return { gate: 'verification', by: 'nothing-to-verify' }
  return [
    {
      code: 'VerificationRunning',
      gate: 'verification',
      subject: `Stage/${stage.metadata.name}`,
      message: `what stage ${stage.metadata.name} is at is to be verified first: wait, or abort the verification`,
      since: wait.since,
    },
  ]
}
