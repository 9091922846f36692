/**
 * A process that promotes, made to be killed: a real data folder, the real Stage and Promotion controllers, the real
 * git steps. Started again on the same folder it goes on. Prints a line of JSON when every Promotion has ended.
 */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { createPromotionController } from '../../src/controllers/promotion/index.ts'
import { stageController } from '../../src/controllers/stage/index.ts'
import { adminActor } from '../../src/core/actor.ts'
import { hasCode } from '../../src/core/errors.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import { isTerminal, type Promotion, PromotionKind } from '../../src/core/kinds/promotion.ts'
import type { PromotionStep } from '../../src/core/kinds/shared.ts'
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

/** What the parent process asks for, as JSON in the first argument. */
export interface WorkerOrder {
  readonly data: string
  readonly repoURL: string
  readonly stages: number
  /** Promotions of each Stage. */
  readonly promotions: number
}

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
const namespace = 'demo'
const apiVersion = 'kargo.akuity.io/v1alpha1'

/** The file and the line that one Promotion leaves in git. */
export function effectOf(stage: number, promotion: number): { path: string; message: string } {
  return { path: `stage-${stage}.yaml`, message: `promote ${stage}/${promotion}` }
}

function stepsOf(order: WorkerOrder, stage: number, promotion: number): PromotionStep[] {
  const { path, message } = effectOf(stage, promotion)
  const { repoURL } = order
  return [
    {
      uses: 'git-clone',
      as: 'clone',
      config: { repoURL, checkout: [{ branch: 'main', path: './src' }] },
    },
    {
      uses: 'edit',
      as: 'update',
      config: { path: `./src/${path}`, text: `version: ${promotion}\n` },
    },
    { uses: 'git-commit', as: 'commit', config: { path: './src', message } },
    { uses: 'git-push', as: 'push', config: { path: './src', maxAttempts: 50 } },
  ]
}

async function seed(store: Store, order: WorkerOrder): Promise<void> {
  const origin = { kind: 'Warehouse' as const, name: 'w' }
  for (let stage = 1; stage <= order.stages; stage++) {
    await createOnce<Stage>(store, StageKind, {
      apiVersion,
      kind: 'Stage',
      metadata: { name: `s${stage}`, namespace },
      spec: {
        requestedFreight: [{ origin, sources: { direct: true } }],
        promotionTemplate: { spec: { steps: [{ uses: 'git-clone' }] } },
      },
    })
    for (let promotion = 1; promotion <= order.promotions; promotion++) {
      const freight = `f${promotion}`
      await createOnce(store, FreightKind, {
        apiVersion,
        kind: 'Freight',
        metadata: { name: freight, namespace },
        origin,
        images: [{ repoURL: 'example.com/app', tag: `1.0.${promotion}` }],
      })
      await createOnce<Promotion>(store, PromotionKind, {
        apiVersion,
        kind: 'Promotion',
        metadata: {
          name: `s${stage}.${String(promotion).padStart(4, '0')}`,
          namespace,
          annotations: { 'kargo.akuity.io/create-actor': 'admin' },
        },
        spec: { stage: `s${stage}`, freight, steps: stepsOf(order, stage, promotion) },
      })
    }
  }
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

async function work(order: WorkerOrder): Promise<void> {
  const clock = systemClock
  const log = silentLogger
  const redactor = createRedactor()
  const sealer = createSealer(Buffer.alloc(32, 7), 'the test')
  const database = await openDatabase({ path: join(order.data, 'gantry.db'), clock })
  const store = await createSqliteStore({ database, kinds: storedKinds, clock, sealer })
  const journal = createSqliteJournal(database)
  await mkdir(join(order.data, 'keys'), { recursive: true })
  const outside = await openOutside(new AsyncDisposableStack(), {
    dataPath: order.data,
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
  await seed(store, order)
  await manager.start()
  process.stdout.write('started\n')
  for (;;) {
    const { items } = await store.list(PromotionKind, { namespace })
    if (items.every(({ status }) => isTerminal(status?.phase))) {
      const ends = items.map(({ metadata, status }) => ({
        name: metadata.name,
        phase: status?.phase,
        message: status?.message,
        pushed: status?.state?.['push'],
      }))
      process.stdout.write(`${JSON.stringify(ends)}\n`)
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await promotions.stop()
  await manager.stop(1000)
  await store.close()
  await database.close()
  process.exit(0)
}

const order = process.argv[2]
if (import.meta.main && order !== undefined) await work(JSON.parse(order) as WorkerOrder)
