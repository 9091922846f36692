import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { createFakeClock } from '../../test/fake-clock.ts'
import type { FakeClock } from '../../test/fake-clock.ts'
import { createBench, dyingRecords, never, testEvaluator } from '../../test/engine-kit.ts'
import type { Bench, World } from '../../test/engine-kit.ts'
import { GantryError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { PromotionKind } from '../core/kinds/promotion.ts'
import type { PromotionStep } from '../core/kinds/promotion-step.ts'
import { sleep } from '../core/clock.ts'
import { createWorkspaces } from '../lib/workspace.ts'
import type { Evaluated } from './evaluator.ts'
import { defineStep } from '../step.ts'
import type { Step, StepResult } from '../step.ts'

/** Appends a line to a file: doing it twice shows. */
const write = defineStep({
  kind: 'write',
  summary: 'Appends a line with the pinned time to a file.',
  effect: 'workspace',
  config: z.strictObject({ path: z.string().min(1), text: z.string() }),
  output: z.object({ line: z.string() }),
  example: { path: 'a', text: 'b' },
  async run(ctx, config) {
    const line = `${config.text}@${ctx.pinnedAt}`
    await writeFile(await ctx.workspace.writable(config.path), `${line}\n`, { flag: 'a' })
    ctx.say(`wrote ${line}`)
    return { status: 'Succeeded', output: { line } }
  },
})

/** Sends a file to the world, where only the idempotency key tells whether it is there. */
function send(world: World, more: Partial<Pick<Step, 'find'>> = {}): Step {
  const step = defineStep({
    kind: 'send',
    summary: 'Sends a file.',
    effect: 'remote',
    config: z.strictObject({ path: z.string() }),
    output: z.object({ sent: z.string() }),
    example: { path: 'a' },
    async run(ctx, config) {
      const value = await readFile(await ctx.workspace.readable(config.path), 'utf8')
      await ctx.save({ about: 'to send' })
      await ctx.fence()
      world.effects.push({ key: ctx.idempotencyKey, value })
      return { status: 'Succeeded', output: { sent: value } }
    },
    async find(ctx) {
      const found = world.effects.find(({ key }) => key === ctx.idempotencyKey)
      return found === undefined
        ? { state: 'absent' }
        : {
            state: 'found',
            result: { status: 'Succeeded', output: { sent: found.value } },
          }
    },
  })
  return { ...step, ...more }
}

/** Does what it is told, attempt by attempt; after that it succeeds. */
function script(
  outcomes: (StepResult | Error)[],
  effect: 'pure' | 'workspace' | 'remote' = 'pure',
): Step & { runs: number } {
  let runs = 0
  const step = defineStep({
    kind: 'script',
    summary: 'Does what the test says.',
    effect,
    config: z.looseObject({}),
    output: z.looseObject({}),
    example: {},
    async run() {
      const outcome = outcomes[runs++] ?? { status: 'Succeeded' }
      if (outcome instanceof Error) throw outcome
      return outcome
    },
  })
  return {
    ...step,
    get runs() {
      return runs
    },
  }
}

const compose = defineStep({
  kind: 'compose',
  summary: 'Puts out its config.',
  effect: 'pure',
  taskOutput: true,
  config: z.looseObject({}),
  output: z.looseObject({}),
  example: {},
  run: async (_, config) => ({ status: 'Succeeded', output: config as Record<string, string> }),
})

const three: PromotionStep[] = [
  { uses: 'write', as: 'one', config: { path: 'f', text: 'a' } },
  { uses: 'write', as: 'two', config: { path: 'f', text: '${{ outputs.one.line }}' } },
  { uses: 'send', as: 'send', config: { path: 'f' } },
]

test('steps run in order, share a workspace and leave Kargo its fields', async () => {
  const world: World = { effects: [] }
  const clock = createFakeClock()
  const bench = await createBench({ steps: three, kinds: [write, send(world)], clock })
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.deepEqual(result, {
    state: 'ended',
    phase: 'Succeeded',
    message: undefined,
  })
  const status = await bench.status()
  const line = `a@${clock.now()}`
  assert.deepEqual(status.state, {
    one: { line },
    two: { line: `${line}@${clock.now()}` },
    send: { sent: `${line}\n${line}@${clock.now()}\n` },
  })
  assert.equal(status.phase, 'Succeeded')
  assert.equal(status.currentStep, 2)
  assert.equal(status.startedAt, '2026-01-01T12:00:00Z')
  assert.equal(status.finishedAt, '2026-01-01T12:00:00Z')
  assert.deepEqual(status.stepExecutionMetadata?.[0], {
    alias: 'one',
    status: 'Succeeded',
    startedAt: '2026-01-01T12:00:00Z',
    finishedAt: '2026-01-01T12:00:00Z',
  })
  assert.equal(world.effects.length, 1)
  assert.ok((await bench.lines()).includes(`"wrote ${line}"`))
})

test('killed before or after any write, with and without its workspace, it goes on: one effect, the same files', async () => {
  const world: World = { effects: [] }
  const clock = createFakeClock()
  const whole = await createBench({ steps: three, kinds: [write, send(world)], clock })
  await whole.engine().run(whole.promotion, whole.records, never())
  const expected = (await whole.status()).state
  let kills = 0
  for (const when of ['before', 'after'] as const)
    for (const wipe of [true, false])
      for (let at = 1; at < 40; at++) {
        const here: World = { effects: [] }
        const bench = await createBench({ steps: three, kinds: [write, send(here)], clock })
        const dying = dyingRecords(bench.records, at, when)
        const first = await bench
          .engine()
          .run(bench.promotion, dying, never())
          .catch(() => 'dead')
        if (!dying.died()) {
          assert.notEqual(first, 'dead')
          break
        }
        kills += 1
        if (wipe) await rm(bench.folder, { recursive: true, force: true })
        else if (at % 2 === 0) await writeFile(join(bench.folder, 'f'), 'half a li').catch(() => 0)
        const again = await bench.engine().run(bench.promotion, bench.records, never())
        assert.equal(again.state === 'ended' && again.phase, 'Succeeded', `${when} ${at}`)
        assert.equal(here.effects.length, 1, `${when} write ${at}: exactly one effect`)
        assert.deepEqual((await bench.status()).state, expected)
      }
  assert.ok(kills >= 20, `${kills} kills`)
})

test('a retried or resumed step keeps the time when it first started', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const flaky = script([new Error('not yet')], 'workspace')
  const bench = await createBench({
    steps: [
      { uses: 'write', as: 'one', config: { path: 'f', text: 'a' } },
      { uses: 'script', as: 'flaky', retry: { errorThreshold: 3 } },
      { uses: 'send', as: 'send', config: { path: 'f' } },
    ],
    kinds: [write, flaky, send(world)],
    clock,
  })
  const first = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(first.state, 'waiting')
  await clock.advance(3_600_000)
  await bench.engine().run(bench.promotion, bench.records, never())
  assert.deepEqual(
    world.effects.map(({ value }) => value),
    [`a@${clock.now() - 3_600_000}\n`],
  )
})

test('a step that failed half-way is tried again on the files it found', async () => {
  const clock = createFakeClock()
  let attempts = 0
  const messy = defineStep({
    kind: 'messy',
    summary: 'Leaves rubbish and fails once.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run(ctx) {
      await writeFile(await ctx.workspace.writable('f'), 'rubbish\n', { flag: 'a' })
      attempts += 1
      if (attempts === 1) throw new GantryError('Unreachable', 'the server went away')
      return { status: 'Succeeded' }
    },
  })
  const world: World = { effects: [] }
  const bench = await createBench({
    steps: [
      { uses: 'messy', as: 'm', retry: { errorThreshold: 2 } },
      { uses: 'send', as: 's', config: { path: 'f' } },
    ],
    kinds: [messy, send(world)],
    clock,
  })
  const engine = bench.engine()
  const first = await engine.run(bench.promotion, bench.records, never())
  assert.equal(first.state === 'waiting' && first.until, clock.now() + 1000)
  assert.equal((await bench.status()).stepExecutionMetadata?.[0]?.errorCount, 1)
  await clock.advance(1000)
  await engine.run(bench.promotion, bench.records, never())
  assert.deepEqual(
    world.effects.map(({ value }) => value),
    ['rubbish\n'],
  )
})

test('what runs after a failure does not need the folder to be built anew', async () => {
  const distant = defineStep({
    kind: 'distant',
    summary: 'Can be run, but not replayed.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run(ctx) {
      if (ctx.replay) throw new GantryError('Unreachable', 'the server is away')
      await ctx.workspace.write('f', 'x')
      return { status: 'Succeeded' }
    },
  })
  const world: World = { effects: [] }
  const bench = await createBench({
    steps: [
      { uses: 'distant', as: 'd' },
      { uses: 'script', as: 'no' },
      { uses: 'send', as: 's', if: '${{ failure() }}', config: { path: 'f' } },
    ],
    kinds: [distant, script([new Error('no')], 'workspace'), send(world)],
  })
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Errored')
  assert.equal(world.effects.length, 1)
})

/** Leaves half of its work in a file and fails, for the n-th reason. */
function half(reasons: readonly string[]): Step {
  let runs = 0
  return defineStep({
    kind: 'half',
    summary: 'Does half of its work and fails.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run(ctx) {
      await writeFile(await ctx.workspace.writable('f'), 'half\n', { flag: 'a' })
      throw new GantryError('Invalid', reasons[Math.min(runs++, reasons.length - 1)] ?? '')
    },
  })
}

test('what a step left half-done when it failed is there after a kill too, wherever it comes', async () => {
  const clock = createFakeClock()
  const line = `a@${clock.now()}\n`
  for (const [fails, condition] of [
    [{ continueOnError: true }, undefined],
    [{}, '${{ always() }}'],
  ] as const) {
    const steps: PromotionStep[] = [
      { uses: 'write', config: { path: 'f', text: 'a' } },
      { uses: 'half', as: 'h', ...fails },
      { uses: 'send', as: 's', if: condition, config: { path: 'f' } },
    ]
    for (let at = 1; ; at++) {
      const world: World = { effects: [] }
      const kinds = [write, half(['no']), send(world)]
      const bench = await createBench({ steps, kinds, clock })
      const dying = dyingRecords(bench.records, at, at % 2 === 0 ? 'before' : 'after')
      await bench
        .engine()
        .run(bench.promotion, dying, never())
        .catch(() => 'dead')
      if (dying.died()) await bench.engine().run(bench.promotion, bench.records, never())
      assert.equal((await bench.status()).phase, condition === undefined ? 'Succeeded' : 'Errored')
      const sent = world.effects.map(({ value }) => value)
      assert.deepEqual(sent, [`${line}half\n`], `write ${at}`)
      if (!dying.died()) break
    }
  }
})

test('a step that was let fail and now fails otherwise is not gone on with; what follows a failure goes on without it', async () => {
  const clock = createFakeClock()
  for (const isLet of [true, false]) {
    const world: World = { effects: [] }
    const bench = await createBench({
      steps: [
        { uses: 'write', config: { path: 'f', text: 'a' } },
        { uses: 'half', as: 'h', continueOnError: isLet },
        { uses: 'script', as: 'p', if: '${{ always() }}' },
        { uses: 'send', as: 's', if: '${{ always() }}', config: { path: 'f' } },
      ],
      kinds: [write, half(['no', 'other']), script([{ status: 'Running' }]), send(world)],
      clock,
    })
    await bench.engine().run(bench.promotion, bench.records, never())
    await clock.advance(300_000)
    await bench.engine().run(bench.promotion, bench.records, never())
    const { phase, message } = await bench.status()
    assert.equal(phase, 'Errored')
    const sent = world.effects.map(({ value }) => value)
    assert.deepEqual(sent, isLet ? [] : [`a@${clock.now() - 300_000}\n`])
    assert.match(message ?? '', isLet ? /left when it failed cannot be made again/ : /: no$/)
  }
})

test('a remote effect that cannot be looked up ends Errored and is not sent again', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const blind = send(world)
  delete blind.find
  const steps: PromotionStep[] = [
    { uses: 'write', config: { path: 'f', text: 'x' } },
    { uses: 'send', as: 's', config: { path: 'f' } },
    { uses: 'script', as: 'after' },
  ]
  const after = script([])
  let seen = 0
  for (let at = 1; at < 20; at++) {
    world.effects.length = 0
    const bench = await createBench({ steps, kinds: [write, blind, after], clock })
    const dying = dyingRecords(bench.records, at, 'before')
    await bench
      .engine()
      .run(bench.promotion, dying, never())
      .catch(() => 'dead')
    if (!dying.died()) break
    const sent = world.effects.length
    const result = await bench.engine().run(bench.promotion, bench.records, never())
    assert.ok(world.effects.length <= 1, 'never sent twice')
    const [, { status: sendStatus } = {}, { status: afterStatus } = {}] =
      (await bench.status()).stepExecutionMetadata ?? []
    if (sent === 0 || sendStatus === 'Succeeded') continue
    seen += 1
    assert.equal(result.state === 'ended' && result.phase, 'Errored')
    assert.equal(sendStatus, 'Errored')
    assert.equal(afterStatus, 'Skipped')
  }
  assert.ok(seen > 0)
})

test('while it cannot be told whether the effect is there, the Promotion waits and says so', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  let isDown = true
  const whole = send(world)
  const kind = send(world, {
    find: (ctx, config) => {
      if (isDown) throw new GantryError('Unreachable', 'the server is away')
      return whole.find?.(ctx, config) ?? Promise.resolve({ state: 'absent' })
    },
  })
  const steps: PromotionStep[] = [
    { uses: 'write', config: { path: 'f', text: 'x' } },
    { uses: 'send', as: 's', config: { path: 'f' } },
  ]
  const bench = await createBench({ steps, kinds: [write, kind], clock })
  const dying = dyingRecords(bench.records, 4, 'after')
  await bench
    .engine()
    .run(bench.promotion, dying, never())
    .catch(() => 'dead')
  const engine = bench.engine()
  const waiting = await engine.run(bench.promotion, bench.records, never())
  assert.equal(waiting.state, 'waiting')
  assert.match((await bench.status()).message ?? '', /the server is away/)
  isDown = false
  await clock.advance(60_000)
  const ended = await engine.run(bench.promotion, bench.records, never())
  assert.equal(ended.state === 'ended' && ended.phase, 'Succeeded')
  assert.equal(world.effects.length, 1)
})

test('two engines never act for the same Promotion: the second is told who has it', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const gate = Promise.withResolvers<void>()
  const hangs = Promise.withResolvers<void>()
  const slow = defineStep({
    kind: 'slow',
    summary: 'Waits for the test.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run() {
      hangs.resolve()
      await gate.promise
      return { status: 'Succeeded' }
    },
  })
  const bench = await createBench({
    steps: [
      { uses: 'write', config: { path: 'f', text: 'x' } },
      { uses: 'slow' },
      { uses: 'send', as: 's', config: { path: 'f' } },
    ],
    kinds: [write, slow, send(world)],
    clock,
  })
  const alive = { isDead: () => false }
  const first = bench.engine(alive).run(bench.promotion, bench.records, never())
  await hangs.promise
  const second = bench.engine({ ...alive, holder: 'second' })
  const told = await second.run(bench.promotion, bench.records, never())
  assert.equal(told.state, 'elsewhere')
  // The first one renews its lease, so however long its step takes, the second gets no turn.
  for (let beat = 0; beat < 12; beat++) {
    await clock.advance(10_000)
    const again = await second.run(bench.promotion, bench.records, never())
    assert.equal(again.state, 'elsewhere')
  }
  gate.resolve()
  const result = await first
  assert.equal(result.state === 'ended' && result.phase, 'Succeeded')
  assert.equal(world.effects.length, 1)
})

test('a silent holder loses its fence after the lease, and what it still wants to do is refused', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const gate = Promise.withResolvers<void>()
  const hangs = Promise.withResolvers<void>()
  let isFirst = true
  const slow = defineStep({
    kind: 'slow',
    summary: 'Hangs in the first process.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run() {
      if (isFirst) {
        isFirst = false
        hangs.resolve()
        await gate.promise
      }
      return { status: 'Succeeded' }
    },
  })
  const bench = await createBench({
    steps: [
      { uses: 'write', config: { path: 'f', text: 'x' } },
      { uses: 'slow' },
      { uses: 'send', as: 's', config: { path: 'f' } },
    ],
    kinds: [write, slow, send(world)],
    clock,
  })
  let isCutOff = false
  const partitioned = {
    read: () => (isCutOff ? Promise.reject(away()) : bench.records.read()),
    write: (...args: Parameters<typeof bench.records.write>) =>
      isCutOff ? Promise.reject(away()) : bench.records.write(...args),
  }
  const away = (): GantryError => new GantryError('Unavailable', 'no way to the store')
  const first = bench.engine({ isDead: () => false }).run(bench.promotion, partitioned, never())
  await hangs.promise
  isCutOff = true
  const second = bench.engine({ isDead: () => false, holder: 'second' })
  const early = await second.run(bench.promotion, bench.records, never())
  assert.equal(early.state === 'elsewhere' && early.until, clock.now() + 30_000)
  await clock.advance(29_000)
  assert.equal((await second.run(bench.promotion, bench.records, never())).state, 'elsewhere')
  await clock.advance(1_000)
  const taken = await second.run(bench.promotion, bench.records, never())
  assert.equal(taken.state === 'ended' && taken.phase, 'Succeeded')
  isCutOff = false
  gate.resolve()
  const late = await first.catch(() => ({ state: 'failed' }))
  assert.notEqual(late.state, 'ended')
  assert.equal(world.effects.length, 1)
})

test('a machine that slept past its lease asks for the fence again before it acts', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const slow = defineStep({
    kind: 'slow',
    summary: 'Waits for the test, then acts.',
    effect: 'remote',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run(ctx) {
      reached.resolve()
      await gate.promise
      await ctx.fence()
      world.effects.push({ key: ctx.idempotencyKey, value: 'acted' })
      return { status: 'Succeeded' }
    },
    find: () => Promise.resolve({ state: 'absent' }),
  })
  const bench = await createBench({ steps: [{ uses: 'slow' }], kinds: [slow], clock })
  const first = bench.engine().run(bench.promotion, bench.records, never())
  await reached.promise
  // While a machine sleeps only the wall clock goes on, and others see the lease run out.
  clock.jump(3_600_000)
  const { status, version } = (await bench.records.read()) ?? assert.fail('it is there')
  const fence = { holder: 'another', epoch: 9, expiresAt: clock.now() + 30_000 }
  await bench.records.write({ ...status, gantry: { ...status.gantry, fence } }, version)
  gate.resolve()
  assert.equal((await first).state, 'elsewhere')
  assert.equal(world.effects.length, 0)
})

test('a remote step is refused when the store answers so slowly that less than half of the lease is left', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const bench = await createBench({
    steps: [
      { uses: 'write', config: { path: 'f', text: 'x' } },
      { uses: 'send', as: 's', config: { path: 'f' } },
    ],
    kinds: [write, send(world)],
    clock,
  })
  let delayMs = 0
  const slow = {
    read: () => bench.records.read(),
    async write(...args: Parameters<typeof bench.records.write>) {
      const written = await bench.records.write(...args)
      if (delayMs > 0) await sleep(clock, delayMs)
      return written
    },
  }
  delayMs = 16_000
  const refused = await pump(clock, bench.engine().run(bench.promotion, slow, never()))
  assert.equal(refused.state, 'waiting')
  assert.equal(world.effects.length, 0)
  delayMs = 0
  await clock.advance(60_000)
  const result = await bench.engine().run(bench.promotion, slow, never())
  assert.equal(result.state === 'ended' && result.phase, 'Succeeded')
  assert.equal(world.effects.length, 1)
})

test('a workspace that stood still while another process went on is not gone on with', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const polls = script([{ status: 'Running' }, { status: 'Succeeded' }, { status: 'Running' }])
  const bench = await createBench({
    steps: [
      { uses: 'write', as: 'a', config: { path: 'f', text: 'a' } },
      { uses: 'script', as: 'p' },
      { uses: 'write', as: 'b', config: { path: 'f', text: 'b' } },
      { uses: 'script', as: 'q' },
      { uses: 'send', as: 's', config: { path: 'f' } },
    ],
    kinds: [write, polls, send(world)],
    clock,
  })
  const elsewhere = await mkdtemp(join(tmpdir(), 'gantry-engine-'))
  const here = bench.engine()
  const there = bench.engine({ workspaces: createWorkspaces({ folder: elsewhere }) })
  await here.run(bench.promotion, bench.records, never())
  await clock.advance(300_000)
  await there.run(bench.promotion, bench.records, never())
  await clock.advance(300_000)
  await here.run(bench.promotion, bench.records, never())
  assert.deepEqual(
    world.effects.map(({ value }) => value),
    [`a@${clock.now() - 600_000}\nb@${clock.now() - 300_000}\n`],
  )
})

test('a step that ran and said Skipped is replayed, one that was skipped is not', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const nothing = defineStep({
    kind: 'nothing-new',
    summary: 'Writes, and says that there was nothing to do.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({ head: z.string() }),
    example: {},
    async run(ctx) {
      await ctx.workspace.write('f', 'skipped\n')
      return { status: 'Skipped', output: { head: 'h' } }
    },
  })
  const bench = await createBench({
    steps: [
      { uses: 'nothing-new', as: 'n' },
      { uses: 'write', as: 'w', if: '${{ failure() }}', config: { path: 'f', text: 'no' } },
      { uses: 'script', as: 'p' },
      { uses: 'send', as: 's', config: { path: 'f' } },
    ],
    kinds: [nothing, write, script([{ status: 'Running' }]), send(world)],
    clock,
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  await rm(bench.folder, { recursive: true })
  await clock.advance(300_000)
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Succeeded')
  assert.equal(world.effects[0]?.value, 'skipped\n')
})

test('an attempt that was cut off is gone on with under the config it began with', async () => {
  const clock = createFakeClock()
  let evaluations = 0
  const config = (): Promise<Evaluated> =>
    Promise.resolve({ value: { n: ++evaluations }, sensitive: false, secrets: [] })
  const bench = await createBench({
    steps: [{ uses: 'compose', as: 'c' }],
    kinds: [compose],
    evaluator: { ...testEvaluator, config },
    clock,
  })
  const dying = dyingRecords(bench.records, 2, 'after')
  await assert.rejects(bench.engine().run(bench.promotion, dying, never()))
  await bench.engine().run(bench.promotion, bench.records, never())
  assert.deepEqual((await bench.status()).state, { c: { n: 1 } })
})

test('what a remote step did is on record before the next step is even looked at', async () => {
  const world: World = { effects: [] }
  const seen: (string | undefined)[] = []
  const bench: Bench = await createBench({
    steps: [
      { uses: 'write', config: { path: 'f', text: 'x' } },
      { uses: 'send', as: 's', config: { path: 'f' } },
      { uses: 'compose', as: 'c', config: { x: 1 } },
    ],
    kinds: [write, send(world), compose],
    evaluator: {
      ...testEvaluator,
      async config(scope) {
        seen.push((await bench.status()).stepExecutionMetadata?.[1]?.status)
        return testEvaluator.config(scope)
      },
    },
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  assert.deepEqual(seen, [undefined, undefined, 'Succeeded'])
})

test('an abort interrupts the step at work and says who wanted it', async () => {
  const hang = hanging()
  const bench = await createBench({
    steps: [
      { uses: 'hang', as: 'h' },
      { uses: 'script', if: '${{ always() }}' },
    ],
    kinds: [hang.step, script([])],
  })
  const abort = new AbortController()
  const running = bench.engine().run(bench.promotion, bench.records, {
    ...never(),
    abort: abort.signal,
  })
  await hang.started
  abort.abort(new GantryError('Canceled', 'Promotion terminated by admin'))
  const result = await running
  assert.equal(result.state === 'ended' && result.phase, 'Aborted')
  const status = await bench.status()
  assert.equal(status.message, 'Promotion terminated by admin')
  assert.equal(status.stepExecutionMetadata?.[0]?.status, 'Aborted')
  assert.equal(status.stepExecutionMetadata.length, 1)
})

test('shut-down leaves the step to whoever comes next, who goes on at once', async () => {
  const hang = hanging()
  const bench = await createBench({ steps: [{ uses: 'hang', as: 'h' }], kinds: [hang.step] })
  const shutdown = new AbortController()
  const running = bench.engine().run(bench.promotion, bench.records, {
    ...never(),
    shutdown: shutdown.signal,
  })
  await hang.started
  shutdown.abort(new GantryError('Canceled', 'shutting down'))
  assert.deepEqual(await running, { state: 'stopped' })
  assert.equal((await bench.status()).phase, 'Running')
  hang.release()
  const next = bench.engine({ isDead: () => false })
  const result = await next.run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Succeeded')
})

test('a timeout interrupts the step at work, also one that does not listen', async () => {
  for (const deaf of [false, true]) {
    const clock = createFakeClock()
    const hang = hanging(deaf)
    const bench = await createBench({
      steps: [{ uses: 'hang', as: 'h', retry: { timeout: '5m', errorThreshold: 5 } }],
      kinds: [hang.step],
      clock,
    })
    const running = bench.engine().run(bench.promotion, bench.records, never())
    await hang.started
    await clock.advance(301_000)
    const result = await running
    assert.equal(result.state === 'ended' && result.phase, 'Errored')
    assert.equal(result.state === 'ended' && result.message, 'step "h" timed out after 5m0s')
  }
})

test('a remote step whose time is up while it acts says that this may have taken effect', async () => {
  const clock = createFakeClock()
  const started = Promise.withResolvers<void>()
  const acts = defineStep({
    kind: 'acts',
    summary: 'Begins to act and hangs.',
    effect: 'remote',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run(ctx) {
      await ctx.fence()
      started.resolve()
      return new Promise((_, reject) =>
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)),
      )
    },
  })
  const steps = [{ uses: 'acts', as: 'a', retry: { timeout: '5m' } }]
  const bench = await createBench({ steps, kinds: [acts], clock })
  const running = bench.engine().run(bench.promotion, bench.records, never())
  await started.promise
  await clock.advance(301_000)
  const result = await running
  const told = /^step "a" timed out after 5m0s; it had begun to act outside: look whether/u
  assert.match((result.state === 'ended' && result.message) || '', told)
})

test('a step that waits is looked at when it asked for, in the workspace it left', async () => {
  const clock = createFakeClock()
  const poll = script([
    {
      status: 'Running',
      retryAfterMs: 30_000,
      message: 'not merged yet',
      output: { n: 1 },
      watches: ['https://git.example.com/pulls/1'],
    },
  ])
  const bench = await createBench({
    steps: [
      { uses: 'write', as: 'w', config: { path: 'f', text: 'x' } },
      { uses: 'script', as: 'poll' },
    ],
    kinds: [write, poll],
    clock,
  })
  const engine = bench.engine()
  const first = await engine.run(bench.promotion, bench.records, never())
  assert.deepEqual(first, {
    state: 'waiting',
    since: clock.now(),
    until: clock.now() + 30_000,
    message: 'not merged yet',
  })
  assert.equal((await bench.status()).message, 'not merged yet')
  const index = { name: 'watches', key: 'https://git.example.com/pulls/1' }
  assert.equal((await bench.store.list(PromotionKind, { index })).items.length, 1)
  const early = await engine.run(bench.promotion, bench.records, never())
  assert.equal(early.state, 'waiting')
  assert.equal(poll.runs, 1)
  await clock.advance(30_000)
  const second = await engine.run(bench.promotion, bench.records, never())
  assert.equal(second.state === 'ended' && second.phase, 'Succeeded')
  assert.equal((await bench.store.list(PromotionKind, { index })).items.length, 0)
  assert.equal(poll.runs, 2)
  assert.equal(await readFile(join(bench.folder, 'f'), 'utf8'), `x@${clock.now() - 30_000}\n`)
})

test('a clock that is set back makes nobody wait longer, and no attempt take longer', async () => {
  for (const outcome of [{ status: 'Running' } as const, new Error('not yet')]) {
    const clock = createFakeClock()
    const poll = script([outcome])
    const bench = await createBench({
      steps: [{ uses: 'script', as: 'p', retry: { errorThreshold: 2 } }],
      kinds: [poll],
      clock,
    })
    const engine = bench.engine()
    const first = await engine.run(bench.promotion, bench.records, never())
    assert.equal(first.state === 'waiting' && first.since, clock.now())
    clock.jump(-3_600_000)
    const again = await engine.run(bench.promotion, bench.records, never())
    assert.equal(again.state === 'ended' && again.phase, 'Succeeded')
    assert.equal(poll.runs, 2)
  }
})

test('a replay that comes out differently is not gone on with', async () => {
  const clock = createFakeClock()
  let times = 0
  const moody = defineStep({
    kind: 'moody',
    summary: 'Puts out something else each time.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({ times: z.number() }),
    example: {},
    run: async () => ({ status: 'Succeeded', output: { times: ++times } }),
  })
  const poll = script([{ status: 'Running' }])
  const bench = await createBench({
    steps: [{ uses: 'moody' }, { uses: 'script', as: 'p' }],
    kinds: [moody, poll],
    clock,
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  await clock.advance(300_000)
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Errored')
  assert.equal(poll.runs, 1)
})

test('each remote step is judged again right before it, and nothing is done when the answer is no', async () => {
  const world: World = { effects: [] }
  const bench = await createBench({ steps: three, kinds: [write, send(world)] })
  const result = await bench.engine().run(bench.promotion, bench.records, {
    ...never(),
    mayAct: () => Promise.resolve('the Freight was withdrawn'),
  })
  assert.equal(result.state === 'ended' && result.phase, 'Errored')
  assert.match((await bench.status()).message ?? '', /the Freight was withdrawn/)
  assert.equal(world.effects.length, 0)
})

/** A workspace step that makes something outside on the way, once, as a clone makes a branch. */
function make(world: World): Step {
  return defineStep({
    kind: 'make',
    summary: 'Makes something outside, then a file.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run(ctx) {
      const isThere = world.effects.some(({ key }) => key === ctx.idempotencyKey)
      if (!isThere && !ctx.replay) {
        await ctx.save({ about: 'to make' })
        await ctx.fence()
        world.effects.push({ key: ctx.idempotencyKey, value: 'made' })
      }
      await ctx.workspace.write('f', 'x')
      return { status: 'Succeeded' }
    },
  })
}

test('a workspace step that acts outside is judged right before it does', async () => {
  const world: World = { effects: [] }
  const steps = [{ uses: 'make', as: 'm', retry: { errorThreshold: 3 } }]
  const bench = await createBench({ steps, kinds: [make(world)] })
  let asked = 0
  const result = await bench.engine().run(bench.promotion, bench.records, {
    ...never(),
    mayAct() {
      asked += 1
      return Promise.resolve('the Freight was withdrawn')
    },
  })
  assert.equal(result.state === 'ended' && result.phase, 'Errored')
  assert.match((await bench.status()).message ?? '', /the Freight was withdrawn/)
  assert.deepEqual([asked, world.effects.length], [1, 0])
})

test('while a workspace step that acts outside cannot be judged, it waits, and then acts once', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const bench = await createBench({ steps: [{ uses: 'make' }], kinds: [make(world)], clock })
  let isDown = true
  const control = {
    ...never(),
    mayAct: () =>
      isDown
        ? Promise.reject(new GantryError('Unavailable', 'no store'))
        : Promise.resolve(undefined),
  }
  const engine = bench.engine()
  const waiting = await engine.run(bench.promotion, bench.records, control)
  assert.equal(waiting.state, 'waiting')
  assert.match((await bench.status()).message ?? '', /no store/)
  assert.equal(world.effects.length, 0)
  isDown = false
  await clock.advance(60_000)
  const ended = await engine.run(bench.promotion, bench.records, control)
  assert.equal(ended.state === 'ended' && ended.phase, 'Succeeded')
  assert.equal(world.effects.length, 1)
})

test('a secret is in no record in the open, and still reaches the steps after a restart', async () => {
  const clock = createFakeClock()
  const world: World = { effects: [] }
  const poll = script([{ status: 'Running' }])
  const bench = await createBench({
    steps: [
      { uses: 'compose', as: 'c', config: { token: '${{ secret("s").token }}', plain: 'ok' } },
      { uses: 'script', as: 'p', config: { computed: '${{ outputs.c.token }}' } },
      { uses: 'write', as: 'w', config: { path: 'f', text: '${{ outputs.c.token }}' } },
      { uses: 'send', as: 's', config: { path: 'f' } },
    ],
    kinds: [compose, poll, write, send(world)],
    clock,
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  const waiting = JSON.stringify(await bench.status())
  assert.ok(!waiting.includes('hunter2-hunter2'))
  assert.deepEqual((await bench.status()).state?.['c'], { token: '******', plain: '******' })
  await clock.advance(300_000)
  await bench.engine().run(bench.promotion, bench.records, never())
  assert.match(world.effects[0]?.value ?? '', /^hunter2-hunter2@/)
  const ended = JSON.stringify((await bench.status()).gantry)
  assert.ok(!ended.includes('sealed'), 'nothing sealed is kept longer than needed')
})

test('what was made from a secret in an earlier step is in no error either', async () => {
  const bench = await createBench({
    steps: [
      { uses: 'compose', as: 'c', config: { token: '${{ upper(secret("s").token) }}' } },
      { uses: 'compose', as: 'd', config: { x: '${{ outputs.c.token + 1 }}' } },
      { uses: 'compose', as: 'e', if: '${{ outputs.c.token > 1 }}', config: { x: 1 } },
      {
        uses: 'compose',
        as: 'f',
        if: '${{ always() }}',
        vars: [{ name: 'v', value: '${{ outputs.c.token - 1 }}' }],
        config: { x: 1 },
      },
    ],
    kinds: [compose],
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  const status = await bench.status()
  const told = status.stepExecutionMetadata?.map(({ status: ended }) => ended)
  assert.deepEqual(told, ['Succeeded', 'Errored', 'Errored', 'Errored'])
  assert.ok(!JSON.stringify(status).includes('HUNTER2'), JSON.stringify(status, undefined, 1))
})

test('what a step makes of a secret is neither in its output nor in what it says', async () => {
  const token = '${{ upper(secret("s").token) }}'
  const repeats = defineStep({
    kind: 'repeats',
    summary: 'Says and fails with its config.',
    effect: 'remote',
    config: z.strictObject({ token: z.string() }),
    output: z.object({}),
    example: { token: 'x' },
    run(ctx, config) {
      ctx.say(`sending ${config.token}`)
      return Promise.reject(new GantryError('Unavailable', `no answer for ${config.token}`))
    },
  })
  const bench = await createBench({
    steps: [
      { uses: 'write', as: 'w', config: { path: 'f', text: token } },
      { uses: 'compose', as: 'c', config: { line: '${{ outputs.w.line }}' } },
      { uses: 'repeats', as: 'r', config: { token } },
    ],
    kinds: [write, compose, repeats],
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  const status = await bench.status()
  assert.deepEqual(status.phase, 'Errored')
  assert.match(JSON.stringify(status.state?.['w']), /\*{6}@\d+/)
  assert.match(status.message ?? '', /no answer for \*{6}/)
  const told = JSON.stringify([status, await bench.lines()])
  assert.ok(!told.includes('HUNTER2'), told)
})

test('what was made from no secret is in the open, whatever stands beside it', async () => {
  const tells = defineStep({
    kind: 'tells',
    summary: 'Puts out and tells its config.',
    effect: 'remote',
    config: z.looseObject({}),
    output: z.looseObject({}),
    example: {},
    run: (ctx, config) => {
      ctx.say(Object.values(config).join(' '))
      return Promise.resolve({ status: 'Succeeded', output: { ...config } as JsonObject })
    },
  })
  const bench = await createBench({
    steps: [
      {
        uses: 'tells',
        as: 'one',
        vars: [
          { name: 'token', value: '${{ upper(secret("s").token) }}' },
          { name: 'branch', value: 'releases-of-${{ ctx.stage }}' },
          { name: 'both', value: '${{ vars.branch }} ${{ vars.token }}' },
        ],
        config: {
          header: 'Bearer ${{ vars.token }}',
          branch: '${{ vars.branch }}',
          stage: 'Stage ${{ ctx.stage }}',
          odd: '${{ vars["to" + "ken"] }}',
          env: '${{ $env.vars.token }}',
          both: 'both: ${{ vars.both }}',
          url: 'https://example.com/deploy?token=${{ vars.token }}',
        },
      },
      { uses: 'tells', as: 'two', config: { branch: 'releases-of-prod', secret: 1 } },
      {
        uses: 'tells',
        as: 'three',
        config: {
          branch: '${{ outputs.two.branch }}',
          other: '${{ outputs["two"].branch }}',
          header: '${{ outputs.one.header }}',
        },
      },
    ],
    kinds: [tells],
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  const status = await bench.status()
  assert.deepEqual(status.state, {
    one: {
      header: '******',
      branch: 'releases-of-test',
      stage: 'Stage test',
      odd: '******',
      env: '******',
      both: '******',
      url: 'https://example.com/deploy?token=******',
    },
    two: { branch: 'releases-of-prod', secret: 1 },
    three: { branch: 'releases-of-prod', other: 'releases-of-prod', header: '******' },
  })
  const told = JSON.stringify([status, await bench.lines()])
  assert.ok(!told.toLowerCase().includes('hunter2'), told)
})

test('a part of a text that was made from a secret is masked by itself too, also after a restart', async () => {
  const reads = defineStep({
    kind: 'reads',
    summary: 'Puts out the second word of a file.',
    effect: 'workspace',
    config: z.strictObject({ path: z.string() }),
    output: z.object({ word: z.string() }),
    example: { path: 'a' },
    async run(ctx, { path }) {
      const text = await readFile(await ctx.workspace.readable(path), 'utf8')
      return { status: 'Succeeded', output: { word: text.split(/[ @]/)[1] ?? '' } }
    },
  })
  const clock = createFakeClock()
  const text = 'password: ${{ upper(secret("s").token) }}'
  const bench = await createBench({
    steps: [
      { uses: 'write', as: 'w', config: { path: 'f', text } },
      { uses: 'reads', as: 'before', config: { path: 'f' } },
      { uses: 'script', as: 'p' },
      { uses: 'reads', as: 'after', config: { path: 'f' } },
      { uses: 'compose', as: 'c', config: { same: '${{ outputs.before == outputs.after }}' } },
    ],
    kinds: [write, reads, script([{ status: 'Running' }]), compose],
    clock,
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  const { state, gantry } = await bench.status()
  assert.deepEqual(state?.['before'], { word: '******' })
  assert.ok(!JSON.stringify(gantry).includes('HUNTER2'))
  await clock.advance(300_000)
  await bench.engine().run(bench.promotion, bench.records, never())
  const ended = await bench.status()
  assert.deepEqual(ended.state?.['after'], { word: '******' })
  assert.equal(ended.phase, 'Succeeded')
  assert.ok(!JSON.stringify(ended.gantry).includes('made'))
})

test('health checks and what a step waits for hold no secret', async () => {
  const token = '${{ upper(secret("s").token) }}'
  const asks = defineStep({
    kind: 'asks',
    summary: 'Waits for its config, then wants its health watched.',
    effect: 'remote',
    config: z.strictObject({ token: z.string() }),
    output: z.object({}),
    example: { token: 'x' },
    run: (ctx, { token: secret }) =>
      Promise.resolve(
        ctx.handle === undefined
          ? ctx.save({}).then(() => ({ status: 'Running', watches: [`app ${secret}`] }) as const)
          : { status: 'Succeeded', health: { uses: 'asks', config: { [secret]: 1, secret } } },
      ),
  })
  const clock = createFakeClock()
  const steps = [{ uses: 'asks', as: 'a', config: { token } }]
  const bench = await createBench({ steps, kinds: [asks], clock })
  await bench.engine().run(bench.promotion, bench.records, never())
  const waiting = await bench.status()
  assert.deepEqual(waiting.gantry?.['watches'], ['app ******'])
  await clock.advance(300_000)
  await bench.engine().run(bench.promotion, bench.records, never())
  const { healthChecks } = await bench.status()
  assert.deepEqual(healthChecks, [{ uses: 'asks', config: { '******': 1, secret: '******' } }])
})

test('a message without end is cut, after what is secret in it was masked', async () => {
  const half = `${'x'.repeat(4086)}hunter2-hunter2`
  const bench = await createBench({
    steps: [
      { uses: 'compose', as: 'c', config: { token: '${{ secret("s").token }}' } },
      { uses: 'script', as: 'a', config: { token: '${{ outputs.c.token }}' } },
    ],
    kinds: [
      compose,
      script([{ status: 'Failed', terminal: true, message: half + 'y'.repeat(1_000_000) }]),
    ],
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  const told = JSON.stringify([await bench.status(), await bench.lines()])
  assert.ok(told.length < 40_000, `${told.length} characters`)
  assert.ok(told.includes('x******y...') && !told.includes('hunter'))
})

test('a step in a task that publishes its output does so under the alias of the task', async () => {
  const bench = await createBench({
    steps: [
      { uses: 'compose', as: 't::a', config: { x: 1 } },
      { uses: 'compose', as: 't::b', config: { y: 2 } },
      { uses: 'compose', as: 'after', config: { z: '${{ outputs.t.y }}' } },
    ],
    kinds: [compose],
  })
  await bench.engine().run(bench.promotion, bench.records, never())
  assert.deepEqual((await bench.status()).state, {
    't::a': { x: 1 },
    't::b': { y: 2 },
    t: { x: 1, y: 2 },
    after: { z: 2 },
  })
})

test('health checks of steps that succeeded are kept only when the Promotion succeeds', async () => {
  const health = { uses: 'argocd-update', config: { apps: [] } }
  for (const last of [{ status: 'Succeeded' }, { status: 'Failed', message: 'no' }] as const) {
    const bench = await createBench({
      steps: [
        { uses: 'script', as: 'a' },
        { uses: 'script', as: 'b' },
      ],
      kinds: [script([{ status: 'Succeeded', health }, last])],
    })
    await bench.engine().run(bench.promotion, bench.records, never())
    const kept = (await bench.status()).healthChecks
    assert.deepEqual(kept, last.status === 'Succeeded' ? [health] : undefined)
  }
})

test('a config that does not fit the schema fails for good, and what is always to run still runs', async () => {
  const cleanup = script([])
  const bench = await createBench({
    steps: [
      { uses: 'write', as: 'w', config: { path: '' }, retry: { errorThreshold: 9 } },
      { uses: 'script', as: 'cleanup', if: '${{ always() }}' },
    ],
    kinds: [write, cleanup],
  })
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Failed')
  assert.equal(cleanup.runs, 1)
})

test('a huge output is an error of the step, not of the store', async () => {
  const bench = await createBench({
    steps: [{ uses: 'script', as: 'big' }],
    kinds: [script([{ status: 'Succeeded', output: { text: 'x'.repeat(300_000) } }])],
  })
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Errored')
})

test('the outputs of all steps together stay small enough to be recorded', async () => {
  const output = { text: 'x'.repeat(250_000) }
  const bench = await createBench({
    steps: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((as) => ({ uses: 'script', as })),
    kinds: [script(Array.from({ length: 7 }, () => ({ status: 'Succeeded', output })))],
  })
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Errored')
  const { message, state } = await bench.status()
  assert.match(message ?? '', /all steps together are larger than 512 KiB/)
  assert.deepEqual(Object.keys(state ?? {}), ['a', 'b'])
})

test('a Promotion that becomes too large to be recorded ends, and says by what', async () => {
  const large = { uses: 'script', config: { text: '${{ repeat("x", 200000) }}' } }
  const output = { text: 'y'.repeat(250_000) }
  const remote = { ...script([{ status: 'Succeeded', output }], 'remote'), kind: 'remote' }
  for (const [steps, message, after] of [
    [Array.from({ length: 8 }, () => large), /its config does not fit into the record/, 1],
    [
      [...Array.from({ length: 7 }, () => large), { uses: 'remote', as: 'r' }],
      /what happened in step "r" does not fit into the record/,
      0,
    ],
  ] as const) {
    const last = { ...script([]), kind: 'last' }
    const bench = await createBench({
      steps: [...steps, { uses: 'last', as: 'last', if: '${{ always() }}' }],
      kinds: [script([]), remote, last],
    })
    const result = await bench.engine().run(bench.promotion, bench.records, never())
    assert.equal(result.state === 'ended' && result.phase, 'Errored')
    const status = await bench.status()
    assert.match(status.message ?? '', message)
    assert.equal(status.phase, 'Errored')
    assert.equal(status.stepExecutionMetadata?.at(-1)?.alias === 'last' ? 1 : 0, after)
  }
})

test('a handle that is too large to be recorded is an error of the step, and keeps nothing else from it', async () => {
  const greedy = defineStep({
    kind: 'greedy',
    summary: 'Notes too much.',
    effect: 'remote',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    run: (ctx) => ctx.save({ text: 'x'.repeat(2_000_000) }).then(() => ({ status: 'Succeeded' })),
  })
  const bench = await createBench({ steps: [{ uses: 'greedy', as: 'g' }], kinds: [greedy] })
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Errored')
  assert.match((await bench.status()).message ?? '', /^step "g" met error threshold/)
})

test('a Promotion that was running elsewhere begins anew and keeps its outputs', async () => {
  const poll = script([{ status: 'Succeeded', output: { n: 2 } }])
  const bench = await createBench({
    steps: [
      { uses: 'write', config: { path: 'f', text: 'x' } },
      { uses: 'script', as: 'p' },
    ],
    kinds: [write, poll],
    status: {
      phase: 'Running',
      startedAt: '2026-01-01T00:00:00Z',
      currentStep: 1,
      stepExecutionMetadata: [{ alias: 'step-1', status: 'Succeeded' }],
      state: { kept: { n: 1 } },
    },
  })
  const result = await bench.engine().run(bench.promotion, bench.records, never())
  assert.equal(result.state === 'ended' && result.phase, 'Succeeded')
  const status = await bench.status()
  assert.equal(status.startedAt, '2026-01-01T00:00:00Z')
  assert.deepEqual(status.state?.['kept'], { n: 1 })
})

/** Lets time pass until the promise settles. */
async function pump<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  for (;;) {
    const moved = clock.advance(2_000).then(() => new Promise((resolve) => setTimeout(resolve, 1)))
    const settled = await Promise.race([promise.then((value) => ({ value })), moved])
    if (typeof settled === 'object' && settled !== null && 'value' in settled)
      return settled.value as T
    await moved
  }
}

/** A step that hangs until its signal aborts, or the test lets it go. A deaf one does not listen. */
function hanging(deaf = false): { step: Step; started: Promise<void>; release(): void } {
  const started = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const step = defineStep({
    kind: 'hang',
    summary: 'Hangs.',
    effect: 'workspace',
    config: z.strictObject({}),
    output: z.object({}),
    example: {},
    async run(ctx) {
      started.resolve()
      if (!deaf) ctx.signal.addEventListener('abort', () => gate.reject(ctx.signal.reason))
      await gate.promise.catch((error: unknown) => {
        if (ctx.signal.aborted) throw error
      })
      return { status: 'Succeeded' }
    },
  })
  return { step, started: started.promise, release: gate.resolve }
}
