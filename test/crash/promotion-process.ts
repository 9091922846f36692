/** A Gantry that only promotes, put together from real parts over a data folder: for crash rounds and benchmarks. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { createPromotionController } from '../../src/controllers/promotion/index.ts'
import { stageController } from '../../src/controllers/stage/index.ts'
import { adminActor } from '../../src/core/actor.ts'
import { hasCode } from '../../src/core/errors.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import { type Promotion, PromotionKind } from '../../src/core/kinds/promotion.ts'
import type { PromotionStep } from '../../src/core/kinds/promotion-step.ts'
import { type Stage, StageKind } from '../../src/core/kinds/stage.ts'
import { silentLogger } from '../../src/core/log.ts'
import { createRedactor } from '../../src/core/redact.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { createVault } from '../../src/engine/vault.ts'
import { createSqliteJournal } from '../../src/journals/sqlite.ts'
import { createSealer } from '../../src/lib/seal.ts'
import { openDatabase } from '../../src/lib/sqlite/database.ts'
import { systemClock } from '../../src/lib/system-clock.ts'
import { createManager } from '../../src/runtime/manager.ts'
import { openOutside } from '../../src/serve/outside.ts'
import { defineStep, type Step } from '../../src/step.ts'
import gitClone from '../../src/steps/git-clone.ts'
import gitCommit from '../../src/steps/git-commit.ts'
import gitPush from '../../src/steps/git-push.ts'
import type { Store } from '../../src/store.ts'
import { createSqliteStore } from '../../src/stores/sqlite.ts'
import { testEvaluator } from '../engine-kit.ts'

const namespace = 'demo'
const apiVersion = 'kargo.akuity.io/v1alpha1'
const origin = { kind: 'Warehouse' as const, name: 'w' }

/** What the Promotions change in git: one file, whole. */
const edit = defineStep({
  kind: 'edit',
  summary: 'Replaces a file.',
  effect: 'workspace',
  config: z.strictObject({ path: z.string(), text: z.string() }),
  output: z.strictObject({}),
  example: { path: 'a', text: 'b' },
  async run(ctx, { path, text }) {
    await ctx.workspace.write(path, text)
    return { status: 'Succeeded' }
  },
})

const steps: readonly Step[] = [gitClone, edit, gitCommit, gitPush]

export interface PromotionProcess {
  readonly store: Store
  /** Starts the controllers. */
  start(): Promise<void>
  stop(): Promise<void>
}

export async function openProcess(dataPath: string): Promise<PromotionProcess> {
  const clock = systemClock
  const log = silentLogger
  const redactor = createRedactor()
  const sealer = createSealer(Buffer.alloc(32, 7), 'the test')
  const database = await openDatabase({ path: join(dataPath, 'gantry.db'), clock })
  const store = await createSqliteStore({ database, kinds: storedKinds, clock, sealer })
  const journal = createSqliteJournal(database)
  const parts = new AsyncDisposableStack()
  const outside = await openOutside(parts, {
    dataPath,
    host: '127.0.0.1',
    env: process.env,
    clock,
    log,
    redactor,
    store,
    sharedNamespace: 'shared',
  })
  const engine = createEngine({
    clock,
    log,
    journal,
    redactor,
    vault: createVault(sealer, redactor),
    evaluator: testEvaluator,
    kinds: new Map(steps.map((step) => [step.kind, step])),
    capabilities: outside,
    workspaces: outside.workspaces,
    holder: randomBytes(8).toString('hex'),
    isDead: () => true,
  })
  const promotions = createPromotionController({ engine, clock })
  const controllers = [stageController(), promotions.controller]
  const manager = createManager({ store, journal, clock, log, kinds: storedKinds, controllers })
  return {
    store,
    start: () => manager.start(),
    async stop() {
      await promotions.stop()
      await manager.stop(1000)
      await parts.disposeAsync()
      await store.close()
      await database.close()
    },
  }
}

/** A Stage that takes Freight straight from its Warehouse. */
export function addStage(store: Store, name: string): Promise<void> {
  return createOnce<Stage>(store, StageKind, {
    apiVersion,
    kind: 'Stage',
    metadata: { name, namespace },
    spec: {
      requestedFreight: [{ origin, sources: { direct: true } }],
      promotionTemplate: { spec: { steps: [{ uses: 'git-clone' }] } },
    },
  })
}

export function addFreight(store: Store, name: string): Promise<void> {
  return createOnce(store, FreightKind, {
    apiVersion,
    kind: 'Freight',
    metadata: { name, namespace },
    origin,
    images: [{ repoURL: 'example.com/app', tag: name }],
  })
}

export interface GitEdit {
  readonly repoURL: string
  readonly path: string
  readonly text: string
  readonly message: string
}

/** A Promotion that clones, replaces one file, commits and pushes. Its name decides its place in the queue. */
export function addPromotion(
  store: Store,
  facts: { readonly name: string; readonly stage: string; readonly freight: string },
  change: GitEdit,
): Promise<void> {
  return createOnce<Promotion>(store, PromotionKind, {
    apiVersion,
    kind: 'Promotion',
    metadata: {
      name: facts.name,
      namespace,
      annotations: { 'kargo.akuity.io/create-actor': 'admin' },
    },
    spec: { stage: facts.stage, freight: facts.freight, steps: stepsFor(change) },
  })
}

function stepsFor({ repoURL, path, text, message }: GitEdit): PromotionStep[] {
  const checkout = [{ branch: 'main', path: './src' }]
  return [
    { uses: 'git-clone', as: 'clone', config: { repoURL, checkout } },
    { uses: 'edit', as: 'edit', config: { path: `./src/${path}`, text } },
    { uses: 'git-commit', as: 'commit', config: { path: './src', message } },
    { uses: 'git-push', as: 'push', config: { path: './src', maxAttempts: 50 } },
  ]
}

async function createOnce<T extends KubeObject>(
  store: Store,
  kind: Kind<T>,
  object: T,
): Promise<void> {
  await store.create(kind, object, { actor: adminActor }).catch((thrown: unknown) => {
    if (!hasCode(thrown, 'AlreadyExists')) throw thrown
  })
}
