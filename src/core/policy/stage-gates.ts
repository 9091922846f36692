import { isControlFlow } from './origin.ts'
import type { GateInput, Judgement } from './may-promote.ts'
import type { Blocker, GateName } from './verdict.ts'

/** The gates that concern the two objects themselves: one Project, neither on its way out, all that is asked for works. */
export function judgeStage(input: GateInput): readonly Judgement[] {
  return [judgeProject(input), judgeObjects(input), judgeSupport(input)]
}

function judgeProject({ stage, freight }: GateInput): Judgement {
  const project = stage.metadata.namespace ?? ''
  const home = freight.metadata.namespace ?? ''
  if (project === home) return { gate: 'project', by: 'same', proof: { project } }
  return [
    {
      code: 'OtherProject',
      gate: 'project',
      subject: `Freight/${freight.metadata.name}`,
      message: `the freight belongs to project "${home}" and the stage to project "${project}": promote freight of the stage's own project`,
    },
  ]
}

function judgeObjects({ stage, freight }: GateInput): Judgement {
  const { name } = stage.metadata
  const blockers: Blocker[] = []
  if (stage.metadata.deletionTimestamp !== undefined)
    blockers.push({
      code: 'StageDeleting',
      gate: 'stage',
      subject: `Stage/${name}`,
      message: `stage ${name} is being deleted: nothing enters it any more`,
    })
  if (freight.metadata.deletionTimestamp !== undefined)
    blockers.push({
      code: 'FreightDeleting',
      gate: 'stage',
      subject: `Freight/${freight.metadata.name}`,
      message: `freight ${freight.metadata.name} is being deleted: promote other freight`,
    })
  if (isControlFlow(stage))
    blockers.push({
      code: 'ControlFlowStage',
      gate: 'stage',
      subject: `Stage/${name}`,
      message: `stage ${name} has no promotion steps, freight passes through it by itself: promote to a stage behind it, or give it steps in spec.promotionTemplate`,
    })
  if (blockers.length > 0) return blockers
  return { gate: 'stage', by: 'steps', proof: { stage: name, generation: generationOf(stage) } }
}

function generationOf(stage: GateInput['stage']): number {
  return stage.metadata.generation ?? 0
}

/** What is parsed but does not work yet blocks: a gate is never ignored. */
function judgeSupport({ stage, policy, supports }: GateInput): Judgement {
  const { name } = stage.metadata
  const gate: GateName = 'support'
  const blockers: Blocker[] = []
  if (stage.spec.targets !== undefined)
    blockers.push({
      code: 'NotSupported',
      gate,
      subject: `Stage/${name}`,
      message: `stage ${name} promotes to targets, which is not supported: remove spec.targets`,
    })
  if (stage.spec.verification !== undefined && supports?.verification !== true)
    blockers.push({
      code: 'NotSupported',
      gate,
      subject: `Stage/${name}`,
      message: `stage ${name} asks for verification, which is not supported yet: remove spec.verification, or wait for a version that runs it`,
    })
  for (const window of policy.windows)
    blockers.push({
      code: 'NotSupported',
      gate,
      subject: `PromotionWindow/${window}`,
      message: `promotion window ${window} applies to stage ${name}, and promotion windows are not supported yet: remove it from the configuration`,
    })
  return blockers.length > 0 ? blockers : { gate, by: 'nothing-unsupported' }
}
