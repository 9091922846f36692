import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDemoHome, freightManifest, warehouseManifest } from '../../../test/admission-kit.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { silentLogger } from '../../core/log.ts'
import { createManager } from '../../runtime/manager.ts'
import { garbageCollectionController } from './index.ts'

test('more than one pass deletes goes, and what others hold is not asked to go without end', async (t) => {
  const home = await createDemoHome()
  await home.create(warehouseManifest)
  const { store, clock, journal } = home
  for (let count = 0; count < 501; count++) {
    const base = freightManifest(`v${count}`)
    const metadata = { ...base.metadata, finalizers: ['example.com/hold'] }
    await home.create({ ...base, metadata })
  }
  let deletions = 0
  const counted: typeof store = {
    ...store,
    delete(...args) {
      deletions += 1
      if (deletions > 1000) throw new Error('deletes without end')
      return store.delete(...args)
    },
  }
  const retention = { maxRetained: 0, minAgeMs: 0 }
  const controllers = [garbageCollectionController({ freight: retention, promotions: retention })]
  const options = { store: counted, journal, clock, log: silentLogger, controllers }
  const manager = createManager(options)
  t.after(() => manager.stop(0))
  await manager.start()
  await clock.advance(2 * 3_600_000)
  const { items } = await store.list(FreightKind, { namespace: 'demo' })
  const left = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  assert.deepEqual([items.length, left.length], [501, 0])
  // The cache may be a moment behind what was asked for.
  assert.ok(deletions < 600, String(deletions))
})
