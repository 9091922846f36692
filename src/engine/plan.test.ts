import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { createBench } from '../../test/engine-kit.ts'
import { defineStep } from '../step.ts'
import { planPromotion } from './plan.ts'

const write = defineStep({
  kind: 'write',
  summary: 'Writes a file.',
  effect: 'workspace',
  config: z.strictObject({ text: z.string() }),
  output: z.object({ at: z.number() }),
  example: { text: 'a' },
  async run(ctx, config) {
    await ctx.workspace.write('f', config.text)
    return { status: 'Succeeded', output: { at: ctx.pinnedAt } }
  },
})

let sent = 0
const send = defineStep({
  kind: 'send',
  summary: 'Sends a file.',
  effect: 'remote',
  config: z.strictObject({ to: z.string() }),
  output: z.object({ id: z.string() }),
  example: { to: 'x' },
  async run(ctx) {
    await ctx.fence()
    sent += 1
    return { status: 'Succeeded', output: { id: 'real' } }
  },
  async plan(ctx, config) {
    const text = await readFile(await ctx.workspace.readable('f'), 'utf8')
    return { summary: `sends to ${config.to}`, diff: `+${text}`, output: { id: 'planned' } }
  },
})

const bare = defineStep({
  kind: 'bare',
  summary: 'Has no plan.',
  effect: 'remote',
  config: z.looseObject({}),
  output: z.object({}),
  example: {},
  run: async () => {
    sent += 1
    return { status: 'Succeeded' }
  },
})

const sneaky = defineStep({
  kind: 'sneaky',
  summary: 'Calls itself a workspace step and acts outside.',
  effect: 'workspace',
  config: z.strictObject({}),
  output: z.object({}),
  example: {},
  async run(ctx) {
    await ctx.fence()
    sent += 1
    return { status: 'Succeeded' }
  },
})

const poll = defineStep({
  kind: 'poll',
  summary: 'Waits.',
  effect: 'pure',
  config: z.strictObject({}),
  output: z.object({}),
  example: {},
  run: async () => ({ status: 'Running', message: 'not yet' }),
})

const kinds = [write, send, bare, sneaky, poll]
const options = { signal: new AbortController().signal, pinnedAt: 1_700_000_000_000 }

test('a plan runs the local steps, asks the remote ones, does nothing outside and leaves nothing', async () => {
  const bench = await createBench({
    kinds,
    steps: [
      { uses: 'write', as: 'w', config: { text: 'hello' } },
      { uses: 'send', as: 's', config: { to: 'main' } },
      {
        uses: 'bare',
        as: 'b',
        config: { id: '${{ outputs.s.id }}', token: '${{ secret("s").token }}' },
      },
    ],
  })
  const plan = await planPromotion(bench.parts, bench.promotion, options)
  assert.equal(plan.phase, 'Succeeded')
  assert.deepEqual(
    plan.steps.map(({ alias, status, summary, diff, config }) => ({
      alias,
      status,
      summary,
      diff,
      config,
    })),
    [
      {
        alias: 'w',
        status: 'Succeeded',
        summary: undefined,
        diff: undefined,
        config: { text: 'hello' },
      },
      {
        alias: 's',
        status: 'Succeeded',
        summary: 'sends to main',
        diff: '+hello',
        config: { to: 'main' },
      },
      {
        alias: 'b',
        status: 'Succeeded',
        summary: 'runs bare',
        diff: undefined,
        config: { id: 'planned', token: '******' },
      },
    ],
  )
  assert.equal(sent, 0)
  assert.deepEqual(await bench.status(), {})
  assert.deepEqual(await readdir(dirname(dirname(bench.folder))), [])
})

test('the same plan has the same hash, another one another', async () => {
  const hashOf = async (text: string, pinnedAt = options.pinnedAt): Promise<string> => {
    const bench = await createBench({
      kinds,
      steps: [
        { uses: 'write', as: 'w', config: { text } },
        { uses: 'send', as: 's', config: { to: 'main' } },
      ],
    })
    return (await planPromotion(bench.parts, bench.promotion, { ...options, pinnedAt })).hash
  }
  assert.equal(await hashOf('a'), await hashOf('a'))
  assert.notEqual(await hashOf('a'), await hashOf('b'))
})

test('a plan stops where the Promotion would wait', async () => {
  const bench = await createBench({
    kinds,
    steps: [
      { uses: 'poll', as: 'p' },
      { uses: 'bare', as: 'b' },
    ],
  })
  const plan = await planPromotion(bench.parts, bench.promotion, options)
  assert.equal(plan.phase, 'Running')
  assert.equal(plan.message, 'not yet')
  assert.equal(plan.steps.length, 1)
})

test('a step that acts outside under another name is not let', async () => {
  const bench = await createBench({ kinds, steps: [{ uses: 'sneaky', as: 'x' }] })
  const plan = await planPromotion(bench.parts, bench.promotion, options)
  assert.equal(plan.phase, 'Errored')
  assert.equal(sent, 0)
})
