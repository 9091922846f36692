import { isControlFlow } from '../../src/core/policy/origin.ts'
import { isTerminal } from '../../src/core/policy/promotion-order.ts'
import { setupProblem } from '../../src/core/policy/stage-status.ts'
import type { Freight, ProjectObjects, Promotion, Stage, Warehouse } from '../api/types.ts'
import { type Tone, toneOf } from '../kit/mark.tsx'
import { byAge, versionOf } from './version.ts'

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

interface Summary {
  /** Empty when there is nothing yet. */
  readonly version: string
  readonly tone: Tone
  readonly word: string
}

/** What is said of a Stage at a glance. */
export function stageSummary(
  stage: Stage,
  objects: ProjectObjects,
): Summary & { readonly since: string | undefined } {
  const freight = currentFreight(stage, objects)
  return {
    version: freight.map(versionOf).join(' + '),
    ...stageState(stage, objects),
    since: freight[0]?.status?.currentlyIn?.[stage.metadata.name]?.since,
  }
}

export function warehouseSummary(warehouse: Warehouse, objects: ProjectObjects): Summary {
  const [newest] = freightOf(warehouse.metadata.name, objects)
  const ready = warehouse.status?.conditions?.find(({ type }) => type === 'Ready')
  return {
    version: versionOf(newest),
    ...(ready?.status === 'False'
      ? { tone: 'bad', word: ready.reason }
      : { tone: 'good', word: 'watching' }),
  }
}

/** The newest Freight of each origin of the Stage that it has not got: what comes, or waits. */
export function comingFreight(stage: Stage, objects: ProjectObjects): readonly Freight[] {
  const current = new Set(currentFreight(stage, objects).map(({ metadata }) => metadata.name))
  return stage.spec.requestedFreight.flatMap(({ origin }) => {
    const [newest] = freightOf(origin.name, objects)
    return newest === undefined || current.has(newest.metadata.name) ? [] : [newest]
  })
}

/** What a Warehouse has found, newest first. */
export function freightOf(warehouse: string, objects: ProjectObjects): readonly Freight[] {
  return [...objects.freight.values()].filter(({ origin }) => origin.name === warehouse).sort(byAge)
}
