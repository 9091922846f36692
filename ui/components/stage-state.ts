import { isControlFlow } from '../../src/core/policy/origin.ts'
import { isTerminal } from '../../src/core/policy/promotion-order.ts'
import { setupProblem } from '../../src/core/policy/stage-status.ts'
import type { Freight, ProjectObjects, Promotion, Stage } from '../api/types.ts'
import { type Tone, toneOf } from '../kit/mark.tsx'

/** The Freight that the Stage is at, in the order of its origins. */
export function currentFreight(stage: Stage, objects: ProjectObjects): readonly Freight[] {
  const items = stage.status?.freightHistory?.[0]?.items ?? {}
  return Object.entries(items)
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([, reference]) => objects.freight.get(reference.name ?? '') ?? [])
}

export function promotionsOf(stage: string, objects: ProjectObjects): readonly Promotion[] {
  return [...objects.promotions.values()]
    .filter((promotion) => promotion.spec.stage === stage)
    .sort((a, b) => b.metadata.name.localeCompare(a.metadata.name))
}

/** One word and a tone for the state of a Stage. */
export function stageState(stage: Stage, objects: ProjectObjects): { tone: Tone; word: string } {
  const problem = setupProblem(stage)
  if (problem !== undefined) return { tone: 'bad', word: problem }
  if (isControlFlow(stage)) return { tone: 'none', word: 'passes through' }
  const [latest] = promotionsOf(stage.metadata.name, objects)
  if (latest !== undefined && !isTerminal(latest)) {
    return latest.status?.phase === 'Running'
      ? { tone: 'moving', word: 'promoting' }
      : { tone: 'waiting', word: 'waiting' }
  }
  const phase = latest?.status?.phase
  if (phase !== undefined && phase !== 'Succeeded')
    return { tone: toneOf(phase), word: phase.toLowerCase() }
  if ((stage.status?.freightHistory?.length ?? 0) === 0) return { tone: 'none', word: 'empty' }
  const health = stage.status?.health?.status
  return { tone: toneOf(health), word: (health ?? 'unknown').toLowerCase() }
}
