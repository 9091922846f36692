/** Pipelines as random as a seed makes them, and how the second account sees them. */
import type { Stage } from '../../src/core/kinds/stage.ts'
import { isControlFlow, originKey, requestFor } from '../../src/core/policy/origin.ts'
import type { OracleRequest, OracleStage } from './oracle.ts'
import type { Random } from './random.ts'
import { sampleStage } from './samples.ts'
import type { RequestOptions } from './samples.ts'

const soaks = ['', '30s', '2m', '10m'] as const

/** The next Stage of a pipeline: it takes Freight from its Warehouses or from earlier Stages. */
export function randomStage(
  random: Random,
  earlier: readonly Stage[],
  warehouses: readonly string[],
  supportsVerification: boolean,
): Stage {
  const requests = warehouses
    .filter((_, position) => position === 0 || random.chance(0.7))
    .map((warehouse) => randomRequest(random, warehouse, earlier))
  const name = `s${earlier.length}`
  const controlFlow = random.chance(0.25)
  const verification = !controlFlow && random.chance(supportsVerification ? 0.3 : 0.05)
  return sampleStage(name, { requests, controlFlow, verification })
}

export function randomRequest(
  random: Random,
  warehouse: string,
  earlier: readonly Stage[],
): RequestOptions {
  const before = earlier
    .filter((stage) => requestFor(stage, { kind: 'Warehouse', name: warehouse }))
    .map(({ metadata }) => metadata.name)
  if (before.length === 0 || random.chance(0.15)) return { warehouse, direct: true }
  const chosen = before.filter(() => random.chance(0.5))
  const stages = chosen.length > 0 ? chosen : before.slice(-1)
  return {
    warehouse,
    stages,
    soak: random.pick(soaks) ?? '',
    strategy: random.chance(0.4) ? 'All' : 'OneOf',
    match: stages.length === 1 && random.chance(0.4),
  }
}

export function oracleStage(stage: Stage): OracleStage {
  const requests = stage.spec.requestedFreight.map((request): [string, OracleRequest] => [
    originKey(request.origin),
    oracleRequest(request.sources),
  ])
  return { controlFlow: isControlFlow(stage), requests: new Map(requests) }
}

function oracleRequest(
  sources: Stage['spec']['requestedFreight'][number]['sources'],
): OracleRequest {
  const soak: Readonly<Record<string, number>> = { '30s': 30, '2m': 120, '10m': 600 }
  return {
    direct: sources.direct === true,
    stages: sources.stages ?? [],
    soakMs: (soak[sources.requiredSoakTime ?? ''] ?? 0) * 1000,
    all: sources.availabilityStrategy === 'All',
  }
}
