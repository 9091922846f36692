/** What tests of the engine share: a Promotion in a memory store, real folders, and small steps of their own. */
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promotionRecords } from '../src/controllers/promotion/records.ts'
import { controllerActor } from '../src/core/actor.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import type { Clock } from '../src/core/clock.ts'
import { PromotionKind } from '../src/core/kinds/promotion.ts'
import type { Promotion, PromotionStatus } from '../src/core/kinds/promotion.ts'
import type { PromotionStep } from '../src/core/kinds/promotion-step.ts'
import { silentLogger } from '../src/core/log.ts'
import { createRedactor } from '../src/core/redact.ts'
import { createEngine } from '../src/engine/engine.ts'
import type { Engine, EngineOptions } from '../src/engine/engine.ts'
import type { Evaluator } from '../src/engine/evaluator.ts'
import { createEvaluator } from '../src/engine/expressions.ts'
import type { PromotionInput, PromotionRecords } from '../src/engine/promotion.ts'
import type { RunControl } from '../src/engine/perform-step.ts'
import type { EngineParts } from '../src/engine/session.ts'
import { createVault } from '../src/engine/vault.ts'
import { createSealer } from '../src/lib/seal.ts'
import { createWorkspaces } from '../src/lib/workspace.ts'
import { createMemoryJournal } from '../src/journals/memory.ts'
import type { Step, StepCapabilities } from '../src/step.ts'
import type { Store } from '../src/store.ts'
import { createMemoryStore } from '../src/stores/memory.ts'
import { makeTempFolder } from './temp-folder.ts'

export const testActor = controllerActor('promotion')

/** A world outside: what remote steps of tests did to it, in order. */
export interface World {
  readonly effects: { readonly key: string; readonly value: string }[]
}

/** A Promotion of these steps in a store of its own, and how to run an engine over it. */
export interface Bench {
  readonly store: Store
  readonly journal: ReturnType<typeof createMemoryJournal>
  readonly promotion: PromotionInput
  readonly records: PromotionRecords
  status(): Promise<PromotionStatus>
  readonly parts: EngineParts
  /** An engine as a new process would have it: another holder, folders that another one left. */
  engine(options?: Partial<EngineOptions>): Engine
  /** The workspace folder of the Promotion. */
  readonly folder: string
  /** What was said in the steps' logs. */
  lines(): Promise<string[]>
}

export async function createBench(options: {
  readonly steps: readonly PromotionStep[]
  readonly kinds: readonly Step[]
  readonly clock?: Clock
  readonly status?: PromotionStatus
  readonly evaluator?: Evaluator
  readonly folder?: string
}): Promise<Bench> {
  const clock = options.clock ?? systemClock
  const journal = createMemoryJournal()
  const store = createMemoryStore({ kinds: [PromotionKind], clock, journal })
  const created = await store.create(PromotionKind, promotionOf(options.steps), {
    actor: testActor,
  })
  const ref = { namespace: 'demo', name: created.metadata.name }
  const uid = created.metadata.uid ?? ''
  if (options.status !== undefined)
    await store.updateStatus(
      PromotionKind,
      { ...created, status: options.status },
      { actor: testActor },
    )
  const folder = options.folder ?? makeTempFolder('engine')
  const records = promotionRecords(store, ref, uid, testActor)
  const redactor = createRedactor()
  const sealer = createSealer(randomBytes(32), 'the test')
  const parts: EngineParts = {
    clock,
    log: silentLogger,
    journal,
    redactor,
    vault: createVault(sealer, redactor),
    evaluator: options.evaluator ?? testEvaluator,
    kinds: new Map(options.kinds.map((kind) => [kind.kind, kind])),
    capabilities: noCapabilities,
    workspaces: createWorkspaces({ folder }),
    stepGraceMs: 500,
  }
  return {
    store,
    journal,
    records,
    folder: join(folder, uid, 'work'),
    promotion: inputOf(created),
    async status() {
      return (await store.get(PromotionKind, ref))?.status ?? {}
    },
    async lines() {
      const { records: found } = await journal.range({ kind: 'step-log', limit: 1000 })
      return found.map(({ payload }) => JSON.stringify(payload['line']))
    },
    parts,
    engine: (more = {}) =>
      createEngine({ ...parts, holder: randomUUID(), isDead: () => true, ...more }),
  }
}

function promotionOf(steps: readonly PromotionStep[]): Promotion {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: { name: 'test.01abc.1234567', namespace: 'demo' },
    spec: { stage: 'test', freight: 'f1', steps: [...steps] },
  }
}

export function inputOf(promotion: Promotion): PromotionInput {
  return {
    project: promotion.metadata.namespace ?? '',
    name: promotion.metadata.name,
    uid: promotion.metadata.uid ?? '',
    stage: promotion.spec.stage,
    actor: 'admin',
    rollback: false,
    vars: promotion.spec.vars ?? [],
    steps: promotion.spec.steps ?? [],
    freight: { name: 'f1', alias: 'happy-hare', origin: { name: 'w' } },
    references: [],
    warehouses: ['w'],
  }
}

export function never(): RunControl {
  return { shutdown: new AbortController().signal, abort: new AbortController().signal }
}

/** Steps of these tests need nothing of the installation. */
const noCapabilities = {} as StepCapabilities

/** The expression language over a Project that holds one Secret, `s`. */
export const testEvaluator: Evaluator = createEvaluator({
  uiBaseUrl: () => 'http://gantry.example.com',
  fetch: (key) =>
    Promise.resolve(key === 'Secret/demo/s' ? { data: { token: btoa('hunter2-hunter2') } } : null),
})

/** Thrown where a process would have died. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

/** Records that die with their process at the n-th write: just before it lands, or landed but not acknowledged. */
export function dyingRecords(
  records: PromotionRecords,
  at: number,
  when: 'before' | 'after',
): PromotionRecords & { readonly died: () => boolean } {
  let writes = 0
  let dead = false
  return {
    died: () => dead,
    read() {
      return dead ? Promise.reject(new Killed()) : records.read()
    },
    async write(status, version) {
      if (dead) throw new Killed()
      writes += 1
      dead = writes >= at
      if (dead && when === 'before') throw new Killed()
      const written = await records.write(status, version)
      if (dead) throw new Killed()
      return written
    },
  }
}
