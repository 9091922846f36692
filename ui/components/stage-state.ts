import { setupProblem } from '../../src/core/policy/stage-status.ts'
import type { Freight, ProjectObjects, Promotion, Stage } from '../api/types.ts'
import { type Tone, toneOf } from '../kit/mark.tsx'

/** A Stage has promotion steps; without any, Freight only passes through it. */
export function isControlFlow(stage: Stage): boolean {
  return (stage.spec.promotionTemplate?.spec.steps?.length ?? 0) === 0
}

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

const ended: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted'])

export function hasEnded(promotion: Promotion): boolean {
  return ended.has(promotion.status?.phase ?? '')
}

/** One word and a tone for the state of a Stage. */
export function stageState(stage: Stage, objects: ProjectObjects): { tone: Tone; word: string } {
  const problem = setupProblem(stage)
  if (problem !== undefined) return { tone: 'bad', word: problem }
  if (isControlFlow(stage)) return { tone: 'none', word: 'passes through' }
  const [latest] = promotionsOf(stage.metadata.name, objects)
  if (latest !== undefined && !hasEnded(latest)) {
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
