import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import { createFakeClock, type FakeClock } from '../../test/fake-clock.ts'
import { adminActor } from '../core/actor.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import { defineKind } from '../core/kinds/kind.ts'
import { Conditions, Metadata } from '../core/kinds/shared.ts'
import { silentLogger } from '../core/log.ts'
import { createMemoryJournal } from '../journals/memory.ts'
import type { Store } from '../store.ts'
import { createMemoryStore } from '../stores/memory.ts'
import { getCondition } from './conditions.ts'
import { type Controller, wake } from './controller.ts'
import { createManager } from './manager.ts'

const Widget = z.object({
  apiVersion: z.literal('test/v1'),
  kind: z.literal('Widget'),
  metadata: Metadata,
  spec: z.object({ size: z.int() }),
  status: z
    .object({
      conditions: Conditions.optional(),
      observedGeneration: z.int().optional(),
      seen: z.int().optional(),
      note: z.string().optional(),
      other: z.string().optional(),
    })
    .optional(),
})
type Widget = z.infer<typeof Widget>

const WidgetKind = defineKind<Widget>({
  kind: 'Widget',
  group: 'test',
  version: 'v1',
  plural: 'widgets',
  namespaced: true,
  hasStatus: true,
  summary: 'Something to look after.',
  schema: Widget,
  indexKeys: ({ spec }) => ({ size: [String(spec.size)] }),
})
const GadgetKind = defineKind<Widget>({ ...WidgetKind, kind: 'Gadget', plural: 'gadgets' })

const widget = (name: string, size: number, kind = 'Widget'): Widget =>
  ({
    apiVersion: 'test/v1',
    kind,
    metadata: { name, namespace: 'demo' },
    spec: { size },
  }) as Widget

const ref = (name: string) => ({ namespace: 'demo', name })
const as = { actor: adminActor }

interface World {
  readonly clock: FakeClock
  readonly store: Store
  readonly manager: ReturnType<typeof createManager>
  readonly writes: () => number
  readonly reasons: (name: string) => Promise<string[]>
}

async function world(t: TestContext, controller: Partial<Controller<Widget>>): Promise<World> {
  const clock = createFakeClock()
  const inner = createMemoryStore({ kinds: [WidgetKind, GadgetKind], clock })
  const journal = createMemoryJournal()
  let writes = 0
  const store: Store = {
    ...inner,
    patchStatus: async (kind, at, patch, options) => {
      const result = await inner.patchStatus(kind, at, patch, options)
      writes += 1
      return result
    },
  }
  const manager = createManager({
    store,
    journal,
    clock,
    log: silentLogger,
    random: () => 0.999_999,
    controllers: [{ name: 'widget', kind: WidgetKind, phases: {}, ...controller }],
  })
  await manager.start()
  t.after(async () => {
    const stopped = manager.stop(0)
    await clock.advance(1)
    await stopped
    await store.close()
  })
  const reasons = async (name: string): Promise<string[]> => {
    const { records } = await journal.range({ subject: `Widget/demo/${name}` })
    return records.map(({ payload }) => JSON.stringify(payload['reason']))
  }
  return { clock, store, manager, writes: () => writes, reasons }
}

test('a pass writes what its phases drafted, once, and then rests', async (t) => {
  const { clock, store, writes, manager } = await world(t, {
    phases: {
      look: async (ctx, draft) => {
        draft.seen = ctx.object.spec.size
      },
      note: async (_ctx, draft) => {
        draft.note = `saw ${draft.seen ?? 'nothing'}`
      },
    },
  })
  await store.create(WidgetKind, widget('a', 3), as)
  await clock.advance(86_400_000)
  const found = await store.get(WidgetKind, ref('a'))
  assert.equal(found?.status?.note, 'saw 3')
  assert.equal(found?.status?.observedGeneration, 1)
  assert.equal(getCondition(found?.status, 'Ready')?.status, 'True')
  assert.equal(writes(), 1)
  assert.deepEqual(manager.inspect(), [])

  await store.patch(WidgetKind, ref('a'), { spec: { size: 4 } }, as)
  await clock.advance(86_400_000)
  assert.equal((await store.get(WidgetKind, ref('a')))?.status?.note, 'saw 4')
  assert.equal(writes(), 2)
})

test('what the draft says is written also when a later phase throws, and the conditions tell', async (t) => {
  let failing = true
  const { clock, store, writes } = await world(t, {
    phases: {
      look: async (_ctx, draft) => {
        draft.note = 'looked'
      },
      fail: () =>
        failing ? Promise.reject(new GantryError('Unreachable', 'no answer')) : Promise.resolve(),
      never: async (_ctx, draft) => {
        draft.seen = 1
      },
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.advance(60_000)
  const found = await store.get(WidgetKind, ref('a'))
  assert.equal(found?.status?.note, 'looked')
  assert.equal(found?.status?.seen, undefined)
  assert.equal(getCondition(found?.status, 'Ready')?.reason, 'Unreachable')
  assert.equal(getCondition(found?.status, 'Reconciling')?.reason, 'RetryAfterError')
  assert.equal(found?.status?.observedGeneration, undefined)
  assert.equal(writes(), 1)

  failing = false
  await clock.advance(600_000)
  const healed = await store.get(WidgetKind, ref('a'))
  assert.deepEqual(
    healed?.status?.conditions?.map(({ type }) => type),
    ['Ready'],
  )
  assert.equal(healed?.status?.observedGeneration, 1)
})

test('a failure that trying again cannot help is Stalled', async (t) => {
  const { clock, store } = await world(t, {
    phases: { fail: () => Promise.reject(new GantryError('Invalid', 'bad spec')) },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.settle()
  const found = await store.get(WidgetKind, ref('a'))
  assert.equal(getCondition(found?.status, 'Stalled')?.reason, 'Invalid')
  assert.equal(getCondition(found?.status, 'Reconciling'), undefined)
})

test('a status that somebody else wrote meanwhile keeps their fields and gets ours', async (t) => {
  const { clock, store } = await world(t, {
    phases: {
      race: async (ctx, draft) => {
        if (ctx.object.status?.other === undefined)
          await ctx.store.patchStatus(WidgetKind, ctx.ref, { status: { other: 'theirs' } }, as)
        draft.note = 'ours'
      },
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.advance(10_000)
  const found = await store.get(WidgetKind, ref('a'))
  assert.deepEqual([found?.status?.other, found?.status?.note], ['theirs', 'ours'])
})

test('a status never lands on another object of the same name', async (t) => {
  const { clock, store } = await world(t, {
    phases: {
      swap: async (ctx, draft) => {
        if (ctx.object.spec.size === 1) {
          await ctx.store.delete(WidgetKind, ctx.ref, as)
          await ctx.store.create(WidgetKind, widget('a', 2), as)
        }
        draft.seen = ctx.object.spec.size
      },
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.advance(10_000)
  assert.equal((await store.get(WidgetKind, ref('a')))?.status?.seen, 2)
})

test('the soonest of all wishes to look again holds', async (t) => {
  const looks: number[] = []
  const { clock, store } = await world(t, {
    phases: {
      look: async (ctx) => {
        looks.push(ctx.clock.monotonic())
        return { requeueAfterMs: 9000 }
      },
      sooner: async (ctx) => ({ requeueAt: ctx.now + 5000 }),
      none: async () => undefined,
    },
    conclude: () => undefined,
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.advance(16_000)
  assert.deepEqual(looks, [0, 5000, 10_000, 15_000])
})

test('a phase that stops the pass keeps the later ones from running', async (t) => {
  const { clock, store } = await world(t, {
    phases: {
      stop: async () => ({ stop: true }),
      never: async (_ctx, draft) => {
        draft.note = 'ran'
      },
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.settle()
  assert.equal((await store.get(WidgetKind, ref('a')))?.status?.note, undefined)
})

test('events are journaled once, after the status they tell of', async (t) => {
  let failing = true
  const { clock, store, reasons } = await world(t, {
    phases: {
      tell: async (ctx, draft) => {
        if (draft.seen === 1) return
        draft.seen = 1
        ctx.emit({ object: ctx.object, reason: 'Seen', message: 'seen' })
      },
      fail: () => (failing ? Promise.reject(new Error('later')) : Promise.resolve()),
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.advance(60_000)
  failing = false
  await clock.advance(600_000)
  assert.deepEqual(await reasons('a'), ['"Seen"'])
})

test('the finalizer is there before the first phase runs, and goes when its phases are done', async (t) => {
  let blocked = true
  const carried: boolean[] = []
  const { clock, store } = await world(t, {
    phases: {
      look: async (ctx) => {
        carried.push(ctx.object.metadata.finalizers?.includes('test/finalizer') === true)
      },
    },
    finalizer: {
      name: 'test/finalizer',
      phases: {
        cleanUp: () =>
          blocked ? Promise.reject(new GantryError('Unreachable', 'not yet')) : Promise.resolve(),
      },
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.settle()
  assert.ok(carried.length > 0 && carried.every(Boolean))
  assert.equal(await store.delete(WidgetKind, ref('a'), as), 'deleting')
  await clock.advance(5000)
  const found = await store.get(WidgetKind, ref('a'))
  assert.equal(getCondition(found?.status, 'Ready')?.reason, 'Unreachable')
  blocked = false
  await clock.advance(600_000)
  assert.equal(await store.get(WidgetKind, ref('a')), undefined)
})

test('a change of another kind wakes exactly the objects that the wake names', async (t) => {
  const looks: string[] = []
  const { clock, store } = await world(t, {
    phases: {
      look: async (ctx) => {
        looks.push(ctx.ref.name)
      },
    },
    conclude: () => undefined,
    wakes: [
      wake(GadgetKind, ({ object }, cache) =>
        cache
          .list(WidgetKind, {
            namespace: 'demo',
            index: { name: 'size', key: String(object.spec.size) },
          })
          .map(({ metadata }) => ref(metadata.name)),
      ),
    ],
  })
  for (const [name, size] of [
    ['a', 1],
    ['b', 2],
    ['c', 2],
  ] as const)
    await store.create(WidgetKind, widget(name, size), as)
  await clock.settle()
  looks.length = 0
  await store.create(GadgetKind, widget('g', 2, 'Gadget'), as)
  await clock.settle()
  assert.deepEqual(looks, ['b', 'c'])
})

test('an object that changes itself in every pass is slowed down', async (t) => {
  const { clock, store, writes } = await world(t, {
    phases: {
      flap: async (_ctx, draft) => {
        draft.seen = (draft.seen ?? 0) + 1
      },
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.advance(3_600_000)
  assert.ok(writes() > 20 && writes() < 100, String(writes()))
})

test('what an object waits for, since when and until when is told, and forgotten with its cause', async (t) => {
  const { clock, store, manager } = await world(t, {
    phases: {
      wait: async (ctx) =>
        ctx.object.spec.size > 1
          ? undefined
          : {
              requeueAt: ctx.now + 60_000,
              waiting: { code: 'TooSmall', message: 'grow first' },
            },
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.settle()
  const since = clock.now()
  await clock.advance(61_000)
  const [item] = manager.inspect()
  assert.deepEqual(item?.reasons, [{ code: 'TooSmall', message: 'grow first', since }])
  assert.equal(item.state, 'delayed')
  assert.equal(item.nextLook, since + 120_000)
  await store.patch(WidgetKind, ref('a'), { spec: { size: 2 } }, as)
  await clock.advance(200_000)
  assert.deepEqual(manager.inspect(), [])
})

test('a jump of the wall clock makes everything that waits be looked at again', async (t) => {
  const looks: number[] = []
  const { clock, store, manager } = await world(t, {
    phases: {
      look: async (ctx) => {
        looks.push(ctx.now)
        return { requeueAt: ctx.now + 86_400_000 }
      },
    },
    conclude: () => undefined,
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.settle()
  clock.jump(90_000_000)
  await clock.advance(31_000)
  assert.equal(looks.length, 2)
  assert.equal(manager.stats().clockJumps, 1)
})

test('a deadline cuts the pass off and says so', async (t) => {
  const { clock, store } = await world(t, {
    deadlineMs: 5000,
    phases: {
      slow: (ctx) =>
        new Promise((_resolve, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error))
        }),
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.advance(5001)
  const found = await store.get(WidgetKind, ref('a'))
  assert.equal(getCondition(found?.status, 'Ready')?.reason, 'Timeout')
})

test('stopping cuts running passes off after the grace and writes nothing about it', async (t) => {
  let reason: unknown
  const { clock, store, manager, writes } = await world(t, {
    phases: {
      slow: (ctx) =>
        new Promise((_resolve, reject) => {
          ctx.signal.addEventListener('abort', () => {
            reason = ctx.signal.reason
            reject(ctx.signal.reason as Error)
          })
        }),
    },
  })
  await store.create(WidgetKind, widget('a', 1), as)
  await clock.settle()
  const stopped = manager.stop(3000)
  await clock.advance(3001)
  await stopped
  assert.ok(hasCode(reason, 'Canceled'))
  assert.equal(writes(), 0)
})
