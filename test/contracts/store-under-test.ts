import assert from 'node:assert/strict'
import { adminActor } from '../../src/core/actor.ts'
import { type ErrorCode, hasCode } from '../../src/core/errors.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import type { Journal } from '../../src/journal.ts'
import type { Admission, Store, WatchEvent, WatchQuery } from '../../src/store.ts'
import { createFakeClock, type FakeClock } from '../fake-clock.ts'
import { testKinds } from './test-kinds.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** Where admission's records end up. */
  readonly journal: Journal
  close(): Promise<void>
}

export interface StoreUnderTestOptions {
  readonly kinds: readonly Kind[]
  readonly clock: FakeClock
  readonly admission?: Admission | undefined
  readonly requireNamespaces?: boolean | undefined
  readonly changeLogCapacity?: number | undefined
}

/** Opens an empty store of the implementation under test. */
export type OpenStore = (options: StoreUnderTestOptions) => Promise<StoreUnderTest>

/** A fresh store for each test, closed after it. */
export async function withStore(
  open: OpenStore,
  work: (under: StoreUnderTest) => Promise<void>,
  options: { readonly requireNamespaces?: boolean } = {},
): Promise<void> {
  const under = await open({ kinds: testKinds, clock: createFakeClock(), ...options })
  try {
    await work(under)
  } finally {
    await under.close()
  }
}

/** The options of a write by somebody who may do everything. */
export const asAdmin = { actor: adminActor }

/** Asserts that a promise rejects with a GantryError of this code. */
export async function rejectsWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (thrown) => {
    assert.ok(hasCode(thrown, code), `expected ${code}, got ${String(thrown)}`)
    return true
  })
}

/** An event as the tests compare it: `ADDED demo/a`, `BOOKMARK`. */
export function brief<T extends KubeObject>(event: WatchEvent<T>): string {
  if (event.type === 'BOOKMARK') return 'BOOKMARK'
  const { namespace, name } = event.object.metadata
  return `${event.type} ${namespace === undefined ? name : `${namespace}/${name}`}`
}

/** A watch that is read by hand. */
export interface HandWatch<T extends KubeObject> {
  /** The next `count` events. */
  take(count: number): Promise<readonly WatchEvent<T>[]>
  /** The next `count` events, briefly. */
  brief(count: number): Promise<readonly string[]>
  /** Aborts; resolves once the watch has ended. */
  stop(): Promise<void>
}

export function watchByHand<T extends KubeObject>(
  store: Store,
  kind: Kind<T>,
  query: WatchQuery = {},
): HandWatch<T> {
  const aborter = new AbortController()
  const events = store.watch(kind, query, aborter.signal)[Symbol.asyncIterator]()
  const take = async (count: number): Promise<readonly WatchEvent<T>[]> => {
    const taken: WatchEvent<T>[] = []
    while (taken.length < count) {
      const step = await events.next()
      if (step.done === true) throw new Error(`the watch ended after ${taken.length} events`)
      taken.push(step.value)
    }
    return taken
  }
  return {
    take,
    brief: async (count) => (await take(count)).map(brief),
    async stop() {
      aborter.abort()
      while ((await events.next()).done !== true);
    },
  }
}
