import { asGantryError } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import type { Store } from '../../src/store.ts'
import { createFakeClock, type FakeClock } from '../fake-clock.ts'
import type { Step } from './any-step.ts'
import { asAdmin, type StoreUnderTest } from './store-under-test.ts'
import { ParcelKind, WidgetKind } from './test-kinds.ts'

/** Drives one store, and writes down everything that can be seen of it. */
export class Driver {
  readonly clock = createFakeClock()
  readonly log: unknown[] = []
  readonly #open: (clock: FakeClock) => Promise<StoreUnderTest>
  #under: StoreUnderTest | undefined
  readonly #versions: string[] = []
  readonly #uids = new Map<string, string>()
  #watchers: Promise<void>[] = []
  #aborter = new AbortController()
  #told: unknown[] = []

  constructor(open: (clock: FakeClock) => Promise<StoreUnderTest>) {
    this.#open = open
  }

  async start(): Promise<void> {
    this.#under = await this.#open(this.clock)
    this.#aborter = new AbortController()
    this.#watchers = [WidgetKind, ParcelKind].map(async (kind: Kind) => {
      for await (const event of this.store.watch(kind, {}, this.#aborter.signal))
        this.#told.push([
          kind.kind,
          event.type,
          event.type === 'BOOKMARK' ? '' : this.plain(event.object),
        ])
    })
  }

  get store(): Store {
    if (this.#under === undefined) throw new Error('not started')
    return this.#under.store
  }

  /** Watches end with the store; each kind's events are in order, kinds among each other are not. */
  async stop(): Promise<void> {
    await this.clock.settle()
    await this.clock.settle()
    this.#aborter.abort()
    await Promise.all(this.#watchers)
    const { records } = (await this.#under?.journal.range({ limit: 1000 })) ?? { records: [] }
    this.log.push(
      this.#told.filter((one) => Array.isArray(one) && one[0] === 'Widget'),
      this.#told.filter((one) => Array.isArray(one) && one[0] === 'Parcel'),
      records.map(({ seq: _seq, ...rest }) => rest),
    )
    this.#told = []
    await this.#under?.close()
  }

  /** The object with its random uid replaced by the order in which it was met. */
  plain(object: KubeObject): unknown {
    return JSON.parse(JSON.stringify(object), (key, value: unknown) => {
      if (key !== 'uid' || typeof value !== 'string') return value
      const known = this.#uids.get(value) ?? `uid-${this.#uids.size}`
      this.#uids.set(value, known)
      return known
    })
  }

  async run(step: Step): Promise<void> {
    try {
      const outcome = await this.#perform(step)
      this.log.push(outcome)
    } catch (thrown) {
      this.log.push(asGantryError(thrown).code)
    }
  }

  async #perform(step: Step): Promise<unknown> {
    switch (step.do) {
      case 'create':
        return this.#seen(await this.store.create(step.kind, step.object, asAdmin))
      case 'update': {
        const metadata = { ...step.object.metadata, ...this.#version(step.at) }
        return this.#seen(await this.store.update(step.kind, { ...step.object, metadata }, asAdmin))
      }
      case 'patch':
      case 'patchStatus': {
        const { kind, name, patch, at } = step
        const metadata = { ...(patch['metadata'] as JsonObject | undefined), ...this.#version(at) }
        const ref = { namespace: 'demo', name }
        return this.#seen(await this.store[step.do](kind, ref, { ...patch, metadata }, asAdmin))
      }
      case 'delete': {
        const ref = { namespace: 'demo', name: step.name }
        return this.store.delete(step.kind, ref, { ...asAdmin, ...this.#version(step.at) })
      }
      case 'list': {
        const { kind, colour, limit } = step
        const index = colour === undefined ? undefined : { name: 'colour', key: colour }
        const { items, ...rest } = await this.store.list(kind, { limit, index })
        return [items.map((item) => this.plain(item)), rest]
      }
      case 'together': {
        const results = await Promise.allSettled(
          step.names.map((name) =>
            this.store.patch(
              WidgetKind,
              { namespace: 'demo', name },
              { spec: { at: name } },
              asAdmin,
            ),
          ),
        )
        return results.map((result) =>
          result.status === 'fulfilled'
            ? this.#seen(result.value)
            : asGantryError(result.reason).code,
        )
      }
      case 'tick':
        return this.clock.advance(1500)
      case 'reopen':
        await this.stop()
        return this.start()
    }
  }

  #seen(object: KubeObject): unknown {
    this.#versions.push(object.metadata.resourceVersion ?? '')
    return this.plain(object)
  }

  #version(age: number | undefined): { resourceVersion?: string } {
    const resourceVersion = age === undefined ? undefined : this.#versions.at(-1 - age)
    return resourceVersion === undefined ? {} : { resourceVersion }
  }
}
