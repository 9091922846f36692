/** Gantry's discovery as it ships, without the API: SQLite on disk, admission, controllers, mirrors and registries. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminActor } from '../../src/core/actor.ts'
import { annotations } from '../../src/core/kinds/labels.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import { parseManifest } from '../../src/core/kinds/parse.ts'
import { type Warehouse, WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { silentLogger } from '../../src/core/log.ts'
import { createRedactor } from '../../src/core/redact.ts'
import { createWarehouseController } from '../../src/controllers/warehouse/index.ts'
import { systemClock as clock } from '../../src/lib/system-clock.ts'
import { sources, steps } from '../../src/plugins.gen.ts'
import { createAdmission } from '../../src/runtime/admission/index.ts'
import { createAuthorizer } from '../../src/runtime/authorizer.ts'
import { createManager } from '../../src/runtime/manager.ts'
import { openHome } from '../../src/serve/home.ts'
import { type Outside, openOutside } from '../../src/serve/outside.ts'
import { readSourceSettings } from '../../src/serve/source-settings.ts'

export interface DiscoveryHome {
  readonly outside: Outside
  readonly folder: string
  /** Creates objects, in order. */
  apply(manifests: readonly object[]): Promise<void>
  /** Asks every one of them to look now, as a receiver does, and resolves with milliseconds until each has handled it. */
  refresh(at: readonly { namespace: string; name: string }[]): Promise<readonly number[]>
  /** Resolves when so many Warehouses hold. */
  until(count: number, holds: (warehouse: Warehouse) => boolean): Promise<void>
  close(): Promise<void>
}

export async function openDiscoveryHome(): Promise<DiscoveryHome> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-discovery-'))
  const parts = new AsyncDisposableStack()
  const admission = createAdmission({
    clock,
    random: (bytes) => randomBytes(bytes),
    sources: new Map(sources.map((source) => [source.kind, source])),
    stepKinds: new Set(steps.map(({ kind }) => kind)),
    authorizer: createAuthorizer({ globalNamespaces: ['kargo'] }),
  })
  const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config') }
  const home = await openHome(parts, {
    data: join(folder, 'data'),
    store: 'sqlite',
    env,
    clock,
    admission,
  })
  const outside = await openOutside(parts, {
    dataPath: join(folder, 'data'),
    host: '127.0.0.1',
    env,
    clock,
    log: silentLogger,
    redactor: createRedactor(),
    store: home.store,
    sharedNamespace: 'kargo-shared-resources',
  })
  const { controller, stop } = createWarehouseController({
    clock,
    sources,
    tools: { ...outside, settings: readSourceSettings(env) },
  })
  const { store, journal } = home
  const manager = createManager({
    store,
    journal,
    clock,
    log: silentLogger,
    kinds: storedKinds,
    controllers: [controller],
  })
  await manager.start()
  const leave = new AbortController()
  const seen = new Map<string, Warehouse>()
  const waiting = new Set<() => void>()
  const watching = (async () => {
    for await (const event of store.watch(WarehouseKind, {}, leave.signal)) {
      if (event.type === 'BOOKMARK') continue
      const { namespace = '', name } = event.object.metadata
      seen.set(`${namespace}/${name}`, event.object)
      for (const check of waiting) check()
    }
  })()
  const until = (isOver: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isOver()) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  return {
    outside,
    folder,
    async apply(manifests) {
      for (const manifest of manifests) {
        const { kind, object } = parseManifest(manifest, { strict: true })
        await store.create(kind, object, { actor: adminActor })
      }
    },
    async refresh(at) {
      const token = new Date().toISOString() + randomBytes(4).toString('hex')
      const began = performance.now()
      const times: number[] = []
      const left = new Set(at.map(({ namespace, name }) => `${namespace}/${name}`))
      const done = until(() => {
        for (const key of left) {
          if (seen.get(key)?.status?.lastHandledRefresh !== token) continue
          left.delete(key)
          times.push(performance.now() - began)
        }
        return left.size === 0
      })
      const patch = { metadata: { annotations: { [annotations.refresh]: token } } }
      await Promise.all(
        at.map((ref) => store.patch(WarehouseKind, ref, patch, { actor: adminActor })),
      )
      await done
      return times
    },
    until: (count, holds) => until(() => [...seen.values()].filter(holds).length >= count),
    async close() {
      leave.abort()
      await watching.catch(() => undefined)
      await Promise.all([stop(), manager.stop(0)])
      await parts.disposeAsync()
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

export function project(name: string): object {
  return { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name } }
}

export function warehouse(
  namespace: string,
  name: string,
  subscriptions: readonly object[],
): object {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name, namespace },
    spec: { interval: '1h', subscriptions },
  }
}

export function isReady({ status }: Warehouse): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: said }) => type === 'Ready' && said === 'True',
  )
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
