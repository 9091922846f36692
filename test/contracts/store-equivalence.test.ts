import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { GantryError } from '../../src/core/errors.ts'
import { createMemoryJournal } from '../../src/journals/memory.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import type { Admission, Store } from '../../src/store.ts'
import { anyStep } from './any-step.ts'
import { openSqlite, tempFolder } from './sqlite-under-test.ts'
import { Driver } from './store-driver.ts'
import { parcel, ParcelKind, testKinds, WidgetKind } from './test-kinds.ts'

/**
 * Whatever is done to a store, the memory store and the SQLite store answer the same, tell their watchers the same and
 * hold the same: also when the SQLite store is closed and opened again in between.
 */

/** Journals every write, refuses one colour, and makes a parcel along with each widget: all that admission can do. */
const admission: Admission = {
  async admit({ operation, subresource, kind, object, old }, reader) {
    const { name } = object.metadata
    const red = await reader.list(WidgetKind, { index: { name: 'colour', key: 'red' } })
    if (operation === 'CREATE' && kind === WidgetKind && red.items.length > 1)
      throw new GantryError('Forbidden', 'two red ones are enough')
    const made = parcel(`of-${name}`)
    return {
      object,
      also:
        operation === 'CREATE' && kind === WidgetKind ? [{ kind: ParcelKind, object: made }] : [],
      records: [
        {
          kind: 'audit',
          subject: `${kind.kind}/${name}`,
          payload: { operation, subresource, hadOld: old !== undefined, red: red.items.length },
        },
      ],
    }
  },
}

test('memory and SQLite cannot be told apart by anything one does to them, restarts included', async () => {
  const runs = process.env['GANTRY_LONG'] === '1' ? 300 : 12
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 60 }), async (steps) => {
      const folder = tempFolder()
      const journal = createMemoryJournal()
      let memory: Store | undefined
      const drivers = [
        new Driver(async (clock) => {
          // A memory store that is reopened is the same one, which was never closed.
          memory ??= createMemoryStore({ kinds: testKinds, clock, admission, journal })
          return { store: memory, journal, close: async () => undefined }
        }),
        new Driver((clock) => openSqlite(folder.path, { kinds: testKinds, clock, admission })),
      ] as const
      try {
        for (const driver of drivers) {
          await driver.start()
          for (const step of steps) await driver.run(step)
          await driver.stop()
        }
        assert.deepEqual(drivers[1].log, drivers[0].log)
      } finally {
        folder.remove()
      }
    }),
    { numRuns: runs },
  )
})
