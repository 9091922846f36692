import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createDemoHome,
  freightManifest,
  stageManifest,
  warehouseManifest,
} from '../../test/admission-kit.ts'
import { adminActor } from '../core/actor.ts'
import { FreightKind } from '../core/kinds/freight.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { StageKind } from '../core/kinds/stage.ts'
import { silentLogger } from '../core/log.ts'
import { createManager } from '../runtime/manager.ts'
import type { Store, WatchQuery } from '../store.ts'
import { stageController } from './stage/index.ts'

const as = { actor: adminActor }

/** The store, but that its watches of Freight tell of nothing new from some moment on. */
function lateStore(store: Store): { readonly store: Store; fallBehind(): void } {
  let isBehind = false
  const watch: Store['watch'] = async function* <T extends KubeObject>(
    kind: Kind<T>,
    query: WatchQuery,
    signal: AbortSignal,
  ) {
    for await (const event of store.watch(kind, query, signal))
      if (!isBehind || kind.kind !== FreightKind.kind) yield event
  }
  return { store: { ...store, watch }, fallBehind: () => void (isBehind = true) }
}

test('what was noted a moment before a Stage is deleted is forgotten, too', async (t) => {
  const home = await createDemoHome()
  await home.create(warehouseManifest)
  const { clock, journal } = home
  const { store, fallBehind } = lateStore(home.store)
  const controllers = [stageController()]
  const manager = createManager({ store, journal, clock, log: silentLogger, controllers })
  await manager.start()
  t.after(() => manager.stop(0))
  await home.create(stageManifest('prod'))
  const { object } = await home.create(freightManifest('v1'))
  const freight = { namespace: 'demo', name: object.metadata.name }
  await clock.settle()
  fallBehind()
  const approvedFor = { prod: { approvedAt: '2026-01-01T12:00:00Z' } }
  await store.patchStatus(FreightKind, freight, { status: { approvedFor } }, as)
  const stage = { namespace: 'demo', name: 'prod' }
  await store.delete(StageKind, stage, as)
  await clock.advance(10_000)
  assert.equal(await store.get(StageKind, stage), undefined)
  assert.equal((await store.get(FreightKind, freight))?.status?.approvedFor?.['prod'], undefined)
})
