import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { testEvaluator } from '../../../test/engine-kit.ts'
import { adminActor } from '../../core/actor.ts'
import { allKinds } from '../../core/kinds/index.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import type { PromotionStep } from '../../core/kinds/promotion-step.ts'
import { silentLogger } from '../../core/log.ts'
import { createRedactor } from '../../core/redact.ts'
import { createEngine } from '../../engine/engine.ts'
import { createVault } from '../../engine/vault.ts'
import { createMemoryJournal } from '../../journals/memory.ts'
import { createSealer } from '../../lib/seal.ts'
import { systemClock } from '../../lib/system-clock.ts'
import { createWorkspaces } from '../../lib/workspace.ts'
import { promotionEnd } from '../../runtime/admission/promotion-end.ts'
import { createManager } from '../../runtime/manager.ts'
import { defineStep } from '../../step.ts'
import type { Step, StepCapabilities } from '../../step.ts'
import type { AdmissionOutcome, AdmissionRequest, Store, StoreReader } from '../../store.ts'
import { createMemoryStore } from '../../stores/memory.ts'
import { createPromotionController } from './index.ts'
import { makeTempFolder } from '../../../test/temp-folder.ts'

const namespace = 'demo'
const actor = adminActor

interface Home {
  readonly store: Store
  readonly journal: ReturnType<typeof createMemoryJournal>
  readonly effects: string[]
  /** Lets the step `hold` go on. */
  release(): void
  readonly holding: Promise<void>
  polls: number
  readonly folder: string
}

async function createHome(): Promise<Home> {
  const journal = createMemoryJournal()
  const store = createMemoryStore({
    kinds: allKinds,
    clock: systemClock,
    journal,
    admission: { admit: admitEnd },
  })
  const gate = Promise.withResolvers<void>()
  const holding = Promise.withResolvers<void>()
  const home: Home & { kinds?: Step[] } = {
    store,
    journal,
    effects: [],
    release: gate.resolve,
    holding: holding.promise,
    polls: 0,
    folder: makeTempFolder('promotion'),
  }
  stepsOf.set(home, testSteps(home, gate.promise, holding.resolve))
  return home
}

/** Of admission only what tells how a Promotion ended: no Projects, no rights. */
async function admitEnd(
  { kind, object, old, actor: by }: AdmissionRequest,
  reader: StoreReader,
): Promise<AdmissionOutcome> {
  if (kind !== PromotionKind) return { object }
  // Filed under this kind, so they are Promotions.
  const [next, before] = [object as Promotion, old as Promotion | undefined]
  const end = await promotionEnd(next, before, by, reader, systemClock.now())
  return { object, records: end === undefined ? [] : [end] }
}

const stepsOf = new WeakMap<Home, Step[]>()

function testSteps(home: Home, gate: Promise<void>, holds: () => void): Step[] {
  const output = z.looseObject({})
  const config = z.looseObject({})
  return [
    defineStep({
      kind: 'send',
      summary: 'Does something outside.',
      effect: 'remote',
      config,
      output,
      example: {},
      async run(ctx) {
        await ctx.fence()
        home.effects.push(ctx.idempotencyKey)
        return { status: 'Succeeded', health: { uses: 'x', config: {} } }
      },
      find: async (ctx) =>
        home.effects.includes(ctx.idempotencyKey)
          ? { state: 'found', result: { status: 'Succeeded' } }
          : { state: 'absent' },
    }),
    defineStep({
      kind: 'hold',
      summary: 'Waits for the test.',
      effect: 'pure',
      config,
      output,
      example: {},
      async run(ctx) {
        holds()
        await Promise.race([
          gate,
          new Promise((_, reject) =>
            ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)),
          ),
        ])
        return { status: 'Succeeded' }
      },
    }),
    defineStep({
      kind: 'slow-poll',
      summary: 'Its first look waits for the test, and is over too early.',
      effect: 'pure',
      config,
      output,
      example: {},
      async run() {
        holds()
        if (home.polls === 0) await gate
        return ++home.polls > 1 ? { status: 'Succeeded' } : { status: 'Running' }
      },
    }),
    defineStep({
      kind: 'poll',
      summary: 'Is done at the second look.',
      effect: 'pure',
      config,
      output,
      example: {},
      run: async () =>
        ++home.polls > 1 ? { status: 'Succeeded' } : { status: 'Running', message: 'not yet' },
    }),
  ]
}

/** The Promotion controller alone, at work over the home. The Stage's part is played by the test. */
async function startProcess(
  home: Home,
  holder: string,
  maxRuns?: number,
): Promise<{ stop(): Promise<void>; reasons(): string[] }> {
  const redactor = createRedactor()
  const engine = createEngine({
    clock: systemClock,
    log: silentLogger,
    journal: home.journal,
    redactor,
    vault: createVault(createSealer(randomBytes(32), 'the test'), redactor),
    evaluator: testEvaluator,
    kinds: new Map((stepsOf.get(home) ?? []).map((kind) => [kind.kind, kind])),
    capabilities: {} as StepCapabilities,
    workspaces: createWorkspaces({ folder: home.folder }),
    holder,
    leaseMs: 3000,
  })
  const promotions = createPromotionController({ engine, clock: systemClock, maxRuns })
  const manager = createManager({
    store: home.store,
    journal: home.journal,
    clock: systemClock,
    log: silentLogger,
    controllers: [promotions.controller],
  })
  await manager.start()
  return {
    async stop() {
      await promotions.stop()
      await manager.stop(1000)
    },
    reasons: () => manager.inspect().flatMap(({ reasons }) => reasons.map(({ code }) => code)),
  }
}

async function addStage(home: Home, change: Partial<Stage['spec']> = {}): Promise<Stage> {
  return home.store.create<Stage>(
    StageKind,
    {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Stage',
      metadata: { name: 'test', namespace },
      spec: {
        requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }],
        promotionTemplate: { spec: { steps: [{ uses: 'send' }] } },
        ...change,
      },
    },
    { actor },
  )
}

async function addFreight(home: Home, name = 'f1', warehouse = 'w'): Promise<Freight> {
  return home.store.create<Freight>(
    FreightKind,
    {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      metadata: { name, namespace },
      alias: 'happy-hare',
      origin: { kind: 'Warehouse', name: warehouse },
      images: [{ repoURL: 'example.com/app', tag: '1.0.0' }],
    },
    { actor },
  )
}

async function addPromotion(
  home: Home,
  steps: readonly PromotionStep[],
  by = 'admin',
): Promise<Promotion> {
  return home.store.create<Promotion>(
    PromotionKind,
    {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: {
        name: 'test.01.f1',
        namespace,
        annotations: { 'kargo.akuity.io/create-actor': by },
      },
      spec: { stage: 'test', freight: 'f1', steps: [...steps] },
    },
    { actor },
  )
}

/** A Promotion of another Stage whose step waits for the test. Resolves with how to ask for its phase. */
async function addOther(home: Home): Promise<() => Promise<string | undefined>> {
  const other = { name: 'other', namespace }
  const stage = await home.store.get(StageKind, { namespace, name: 'test' })
  assert.ok(stage)
  const { apiVersion, kind, spec } = stage
  await home.store.create(StageKind, { apiVersion, kind, metadata: other, spec }, { actor })
  const long = { name: 'other.01.f1', namespace }
  await home.store.create<Promotion>(
    PromotionKind,
    {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: { ...long, annotations: { 'kargo.akuity.io/create-actor': 'admin' } },
      spec: { stage: 'other', freight: 'f1', steps: [{ uses: 'hold', as: 'h' }] },
    },
    { actor },
  )
  const turn = { status: { currentPromotion: { name: long.name } } }
  await home.store.patchStatus(StageKind, other, turn, { actor })
  return async () => (await home.store.get(PromotionKind, long))?.status?.phase
}

/** What the Stage controller does when a Promotion's turn has come. */
async function giveTurn(home: Home, name = 'test.01.f1'): Promise<void> {
  await home.store.patchStatus(
    StageKind,
    { namespace, name: 'test' },
    { status: { currentPromotion: { name } } },
    { actor },
  )
}

async function annotate(home: Home, annotations: Record<string, string>): Promise<void> {
  const ref = { namespace, name: 'test.01.f1' }
  await home.store.patch(PromotionKind, ref, { metadata: { annotations } }, { actor })
}

async function statusOf(home: Home): Promise<NonNullable<Promotion['status']>> {
  const found = await home.store.get(PromotionKind, { namespace, name: 'test.01.f1' })
  return found?.status ?? {}
}

async function until(what: () => Promise<boolean> | boolean, within = 5000): Promise<void> {
  const end = Date.now() + within
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`did not come about within ${within} ms`)
    await wait(10)
  }
}

const phaseIs = (home: Home, phase: string) => async () => (await statusOf(home)).phase === phase

async function events(home: Home): Promise<string[]> {
  const { records } = await home.journal.range({ kind: 'event' })
  return records.map(({ payload }) => JSON.stringify(payload['reason']))
}

test('a Promotion waits for its turn, says so, and then runs to its end', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [{ uses: 'send', as: 'a' }])
  const process = await startProcess(home, 'p')
  await until(phaseIs(home, 'Pending'))
  await until(() => process.reasons().includes('WaitingForTurn'))
  assert.match((await statusOf(home)).message ?? '', /stage test/)
  assert.equal(home.effects.length, 0)
  await giveTurn(home)
  await until(phaseIs(home, 'Succeeded'))
  const status = await statusOf(home)
  assert.equal(status.freight?.name, 'f1')
  assert.deepEqual(Object.keys(status.freightCollection?.items ?? {}), ['Warehouse/w'])
  assert.deepEqual(status.healthChecks, [{ uses: 'x', config: {} }])
  assert.equal(home.effects.length, 1)
  await until(async () => (await events(home)).includes('"PromotionSucceeded"'))
  const { records } = await home.journal.range({ kind: 'decision' })
  assert.equal(records[0]?.payload['allowed'], true)
  await until(async () => (await readdir(home.folder)).length === 0)
  await process.stop()
})

test('Freight that may not enter the Stage is refused at the gate: by hand Errored, automatic taken back', async () => {
  for (const [by, phase] of [
    ['admin', 'Errored'],
    ['controller:stage', 'Aborted'],
  ] as const) {
    const home = await createHome()
    const sources = { stages: ['upstream'] }
    await addStage(home, {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources }],
    })
    await addFreight(home)
    await addPromotion(home, [{ uses: 'send', as: 'a' }], by)
    await giveTurn(home)
    const process = await startProcess(home, 'p')
    await until(phaseIs(home, phase))
    const status = await statusOf(home)
    assert.equal(status.startedAt, undefined)
    assert.equal(status.gantry?.['withdrawn'] !== undefined, by !== 'admin')
    assert.match(status.message ?? '', /upstream/)
    assert.equal(home.effects.length, 0)
    await process.stop()
  }
})

test('an abort ends a waiting Promotion at once', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [{ uses: 'send', as: 'a' }])
  const process = await startProcess(home, 'p')
  await until(phaseIs(home, 'Pending'))
  await annotate(home, { 'kargo.akuity.io/abort': 'terminate' })
  await until(phaseIs(home, 'Aborted'))
  await giveTurn(home)
  await wait(50)
  assert.equal((await statusOf(home)).phase, 'Aborted')
  assert.equal(home.effects.length, 0)
  assert.ok((await events(home)).includes('"PromotionAborted"'))
  await process.stop()
})

test('an abort ends at once also what waits for a slot, and it has not started then', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  const ended = await addOther(home)
  const process = await startProcess(home, 'p', 1)
  await home.holding
  await addPromotion(home, [{ uses: 'send', as: 'a' }])
  await giveTurn(home)
  await until(() => process.reasons().includes('WaitingForSlot'))
  await annotate(home, { 'kargo.akuity.io/abort': 'terminate' })
  await until(phaseIs(home, 'Aborted'))
  assert.equal((await statusOf(home)).startedAt, undefined)
  home.release()
  await until(async () => (await ended()) === 'Succeeded')
  assert.equal((await statusOf(home)).phase, 'Aborted')
  assert.equal(home.effects.length, 0)
  await process.stop()
})

test('an abort ends at once also what waits for a slot between its steps', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [{ uses: 'poll', as: 'p' }])
  await giveTurn(home)
  const process = await startProcess(home, 'p', 1)
  await until(async () => (await statusOf(home)).message === 'not yet')
  const ended = await addOther(home)
  await home.holding
  await annotate(home, { 'kargo.akuity.io/refresh': 'now' })
  await until(() => process.reasons().includes('WaitingForSlot'))
  await annotate(home, { 'kargo.akuity.io/abort': 'terminate' })
  await until(phaseIs(home, 'Aborted'))
  assert.equal((await statusOf(home)).stepExecutionMetadata?.[0]?.status, 'Aborted')
  assert.equal(home.polls, 1)
  home.release()
  await until(async () => (await ended()) === 'Succeeded')
  await process.stop()
})

test('an abort interrupts the step at work', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [
    { uses: 'hold', as: 'h' },
    { uses: 'send', as: 's', if: '${{ always() }}' },
  ])
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await home.holding
  const request = { action: 'terminate', actor: 'email:jo@example.com', controlPlane: false }
  await annotate(home, { 'kargo.akuity.io/abort': JSON.stringify(request) })
  await until(phaseIs(home, 'Aborted'))
  const status = await statusOf(home)
  assert.equal(status.message, 'Promotion terminated by email:jo@example.com')
  assert.equal(status.stepExecutionMetadata?.[0]?.status, 'Aborted')
  assert.equal(home.effects.length, 0)
  await process.stop()
})

test('Freight that is no longer available when a remote step is about to act is not promoted', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [
    { uses: 'hold', as: 'h' },
    { uses: 'send', as: 's' },
  ])
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await home.holding
  const ref = { namespace, name: 'test' }
  const other = [{ origin: { kind: 'Warehouse', name: 'other' }, sources: { direct: true } }]
  await home.store.patch(StageKind, ref, { spec: { requestedFreight: other } }, { actor })
  home.release()
  await until(phaseIs(home, 'Errored'))
  assert.equal(home.effects.length, 0)
  await process.stop()
})

test('a soak that runs again (a longer one was asked for, or the clock was set back) is waited for', async () => {
  const home = await createHome()
  const origin = { kind: 'Warehouse' as const, name: 'w' }
  const requests = (requiredSoakTime: string) => [
    { origin, sources: { stages: ['upstream'], requiredSoakTime } },
  ]
  await addStage(home, { requestedFreight: requests('0s') })
  await addFreight(home)
  const now = new Date().toISOString()
  const status = {
    verifiedIn: { upstream: { verifiedAt: now } },
    currentlyIn: { upstream: { since: now } },
  }
  const freight = { namespace, name: 'f1' }
  await home.store.patchStatus(FreightKind, freight, { status }, { actor })
  await addPromotion(home, [
    { uses: 'hold', as: 'h' },
    { uses: 'send', as: 's' },
  ])
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await home.holding
  const stage = { namespace, name: 'test' }
  const ask = (soak: string) =>
    home.store.patch(StageKind, stage, { spec: { requestedFreight: requests(soak) } }, { actor })
  await ask('1h')
  home.release()
  await until(async () => /soak/.test((await statusOf(home)).message ?? ''))
  assert.equal((await statusOf(home)).phase, 'Running')
  assert.equal(home.effects.length, 0)
  await ask('0s')
  await annotate(home, { 'kargo.akuity.io/refresh': 'now' })
  await until(phaseIs(home, 'Succeeded'))
  assert.equal(home.effects.length, 1)
  await process.stop()
})

test('a Stage that is made anew under the same name is not the one that a Promotion was made for', async () => {
  const home = await createHome()
  const { apiVersion, kind, spec, metadata } = await addStage(home)
  await addFreight(home)
  const owner = { apiVersion, kind, name: 'test', uid: metadata.uid ?? '' }
  await addPromotion(home, [
    { uses: 'hold', as: 'h' },
    { uses: 'send', as: 's' },
  ])
  const ref = { namespace, name: 'test.01.f1' }
  await home.store.patch(PromotionKind, ref, { metadata: { ownerReferences: [owner] } }, { actor })
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await home.holding
  const stage = { namespace, name: 'test' }
  await home.store.delete(StageKind, stage, { actor })
  await home.store.create(StageKind, { apiVersion, kind, metadata: stage, spec }, { actor })
  await giveTurn(home)
  home.release()
  await until(phaseIs(home, 'Errored'))
  assert.match((await statusOf(home)).message ?? '', /stage test no longer exists/)
  assert.equal(home.effects.length, 0)
  await process.stop()
})

test('a step that waits is looked at before its time when a refresh asks for it', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [{ uses: 'poll', as: 'p' }])
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await until(async () => (await statusOf(home)).message === 'not yet')
  await until(() => process.reasons().includes('StepWaiting'))
  assert.equal(home.polls, 1)
  await annotate(home, { 'kargo.akuity.io/refresh': 'now' })
  await until(phaseIs(home, 'Succeeded'))
  await until(async () => (await statusOf(home)).lastHandledRefresh === 'now')
  assert.equal(home.polls, 2)
  await process.stop()
})

test('a refresh that comes while the step is being looked at leads to another look', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [{ uses: 'slow-poll', as: 'p' }])
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await home.holding
  await annotate(home, { 'kargo.akuity.io/refresh': 'now' })
  // Long enough for the controller to see it.
  await wait(300)
  home.release()
  await until(phaseIs(home, 'Succeeded'))
  await until(async () => (await statusOf(home)).lastHandledRefresh === 'now')
  assert.equal(home.polls, 2)
  await process.stop()
})

test('while a step waits nothing is written', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [{ uses: 'poll', as: 'p' }])
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await until(() => process.reasons().includes('StepWaiting'))
  const before = (await home.store.get(PromotionKind, { namespace, name: 'test.01.f1' }))?.metadata
  await wait(1500)
  const after = (await home.store.get(PromotionKind, { namespace, name: 'test.01.f1' }))?.metadata
  assert.equal(after?.resourceVersion, before?.resourceVersion)
  await process.stop()
  const again = await startProcess(home, 'q')
  await wait(300)
  const later = (await home.store.get(PromotionKind, { namespace, name: 'test.01.f1' }))?.metadata
  assert.equal(later?.resourceVersion, before?.resourceVersion)
  await again.stop()
})

test('what one process leaves at shut-down another takes up at once', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [
    { uses: 'hold', as: 'h' },
    { uses: 'send', as: 's' },
  ])
  await giveTurn(home)
  const first = await startProcess(home, 'p')
  await home.holding
  await first.stop()
  assert.equal((await statusOf(home)).phase, 'Running')
  home.release()
  const second = await startProcess(home, 'q')
  await until(phaseIs(home, 'Succeeded'), 2000)
  assert.equal(home.effects.length, 1)
  await second.stop()
})

test('two processes over one store act once', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [
    { uses: 'hold', as: 'h' },
    { uses: 'send', as: 's' },
  ])
  await giveTurn(home)
  const both = await Promise.all([startProcess(home, 'p'), startProcess(home, 'q')])
  await home.holding
  await wait(200)
  home.release()
  await until(phaseIs(home, 'Succeeded'))
  await wait(100)
  assert.equal(home.effects.length, 1)
  assert.equal((await events(home)).filter((reason) => reason === '"PromotionSucceeded"').length, 1)
  await Promise.all(both.map((process) => process.stop()))
})

test('a Promotion that is deleted while it runs is cut off', async () => {
  const home = await createHome()
  await addStage(home)
  await addFreight(home)
  await addPromotion(home, [
    { uses: 'hold', as: 'h' },
    { uses: 'send', as: 's' },
  ])
  await giveTurn(home)
  const process = await startProcess(home, 'p')
  await home.holding
  await home.store.delete(PromotionKind, { namespace, name: 'test.01.f1' }, { actor })
  await wait(100)
  home.release()
  await wait(100)
  assert.equal(home.effects.length, 0)
  await until(async () => (await readdir(home.folder)).length === 0)
  await process.stop()
})
