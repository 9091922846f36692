import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { createWarehouseController } from '../src/controllers/warehouse/index.ts'
import { adminActor } from '../src/core/actor.ts'
import { type ErrorCode, GantryError } from '../src/core/errors.ts'
import type { MirrorCapability } from '../src/core/git.ts'
import type { JsonObject } from '../src/core/json.ts'
import { type Freight, FreightKind } from '../src/core/kinds/freight.ts'
import { SecretKind } from '../src/core/kinds/secret.ts'
import { type Warehouse, WarehouseKind } from '../src/core/kinds/warehouse.ts'
import { silentLogger } from '../src/core/log.ts'
import type { DiscoveryView } from '../src/core/policy/discovery-view.ts'
import { createMemoryJournal } from '../src/journals/memory.ts'
import { getCondition } from '../src/runtime/conditions.ts'
import { createManager } from '../src/runtime/manager.ts'
import { defineSource, type Source } from '../src/source.ts'
import type { Store } from '../src/store.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { createMemoryStore } from '../src/stores/memory.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createSourceContext } from './source-context.ts'

/** What tests write as. */
export const as = { actor: adminActor }
export const minute = 60_000

/** A source for tests: it offers numbers, and counts how often it is asked. */
export function numbers() {
  const offers = new Map<string, number[] | GantryError>()
  const asked = new Map<string, number>()
  let hold: Promise<void> | undefined
  const source = defineSource({
    kind: 'number',
    summary: 'Numbers, for tests.',
    list: 'images',
    subscription: z.object({ repoURL: z.string() }),
    example: { repoURL: 'example.com/a' },
    check: () => [],
    remote: ({ repoURL }) => repoURL,
    async discover(ctx, { repoURL }) {
      asked.set(repoURL, (asked.get(repoURL) ?? 0) + 1)
      ctx.meter?.used('example.com')
      ctx.meter?.budget('example.com', { remaining: 99, limit: 100 })
      const offered = offers.get(repoURL) ?? []
      if (hold !== undefined) await hold
      ctx.signal.throwIfAborted()
      if (offered instanceof GantryError) throw offered
      const references = offered.map((n) => ({ tag: String(n), digest: `sha256:${n}` }))
      return { list: 'images', entry: { repoURL, references } }
    },
    rank: (_subscription, a, b) => Number(a['tag']) - Number(b['tag']),
  })
  return {
    source,
    asked: (url: string) => asked.get(url) ?? 0,
    offer: (url: string, ...values: readonly number[]) => offers.set(url, [...values]),
    fail: (url: string, code: ErrorCode, retryAfterMs?: number) =>
      offers.set(
        url,
        new GantryError(code, `cannot read ${url}: try again in ${retryAfterMs ?? 0} ms`, {
          retryAfterMs,
        }),
      ),
    holdUntil(promise: Promise<void> | undefined) {
      hold = promise
    },
  }
}

/** A controller of Warehouses over a memory store, whose time the test moves. */
export interface World {
  readonly clock: FakeClock
  readonly store: Store
  readonly writes: () => number
  readonly events: () => Promise<string[]>
  readonly get: (name?: string) => Promise<Warehouse>
  readonly freight: () => Promise<readonly Freight[]>
  /** Lets time and real work go on until it holds. */
  readonly until: (holds: () => Promise<boolean> | boolean) => Promise<void>
  /** Until the condition of `web` has this reason. */
  readonly reason: (type: string, reason: string) => Promise<void>
  readonly restart: () => Promise<void>
  readonly discovery: () => Promise<DiscoveryView>
  /** Gives real work a moment. */
  readonly breathe: () => Promise<void>
}

export async function startWarehouses(
  t: TestContext,
  sources: readonly Source[],
  options: { mirrors?: MirrorCapability; minIntervalMs?: number } = {},
): Promise<World> {
  const clock = createFakeClock()
  const inner = createMemoryStore({ kinds: [WarehouseKind, FreightKind, SecretKind], clock })
  const journal = createMemoryJournal()
  const tools = createSourceContext({
    ...(options.mirrors && { mirrors: options.mirrors }),
    // Remotes are real and take real time, but what is younger than what is told by the clock of the looks.
    clock: { ...systemClock, monotonic: clock.monotonic },
  })
  let writes = 0
  const store: Store = {
    ...inner,
    patchStatus: async (kind, at, patch, how) => {
      const result = await inner.patchStatus(kind, at, patch, how)
      writes += 1
      return result
    },
  }
  const start = async () => {
    const { controller, discovery, stop } = createWarehouseController({
      clock,
      sources,
      tools,
      sharedNamespace: 'shared',
      minIntervalMs: options.minIntervalMs,
      random: () => 0,
    })
    const controllers = [controller]
    const manager = createManager({ store, journal, clock, log: silentLogger, controllers })
    await manager.start()
    const end = async (): Promise<void> => {
      const stopped = Promise.all([stop(), manager.stop(0)])
      await clock.advance(1)
      await stopped
    }
    return { end, discovery }
  }
  let running = await start()
  t.after(async () => {
    await running.end()
    await store.close()
    await tools.close()
  })
  const get = async (name = 'web'): Promise<Warehouse> => {
    const found = await store.get(WarehouseKind, { namespace: 'demo', name })
    assert.ok(found)
    return found
  }
  const until: World['until'] = async (holds) => {
    for (let round = 0; round < 500; round += 1) {
      if (await holds()) return
      await clock.advance(50)
      await wait(5)
    }
    assert.fail(`it never came to be; status: ${JSON.stringify((await get()).status)}`)
  }
  return {
    clock,
    store,
    writes: () => writes,
    events: async () => {
      const { records } = await journal.range({ kind: 'event' })
      return records.map(({ payload }) => JSON.stringify(payload['reason']))
    },
    get,
    freight: async () => (await store.list(FreightKind, { namespace: 'demo' })).items,
    until,
    reason: (type, reason) =>
      until(async () => getCondition((await get()).status, type)?.reason === reason),
    restart: async () => {
      await running.end()
      running = await start()
    },
    discovery: async () => running.discovery(await get()),
    breathe: async () => {
      await clock.advance(50)
      await wait(5)
    },
  }
}

/** The same with a Warehouse of numbers that has made Freight of what they offer first, by address. */
export async function startNumbers(
  t: TestContext,
  offers: Readonly<Record<string, readonly number[]>>,
  object: Warehouse,
): Promise<World & ReturnType<typeof numbers>> {
  const offered = numbers()
  const world = await startWarehouses(t, [offered.source])
  for (const [url, values] of Object.entries(offers)) offered.offer(url, ...values)
  await world.store.create(WarehouseKind, object, as)
  await world.reason('Ready', 'ArtifactsDiscovered')
  return { ...world, ...offered }
}

export function warehouse(
  subscriptions: JsonObject[],
  spec: JsonObject = {},
  name = 'web',
): Warehouse {
  return WarehouseKind.schema.parse({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name, namespace: 'demo' },
    spec: { interval: '5m', subscriptions, ...spec },
  })
}

export const a = { number: { repoURL: 'example.com/a' } }
export const b = { name: 'second', number: { repoURL: 'example.com/b' } }

export function tagsOf({ images = [] }: Freight): (string | undefined)[] {
  return images.map(({ tag }) => tag)
}
