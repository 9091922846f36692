import type { Clock } from '../core/clock.ts'
import { storedKinds } from '../core/kinds/index.ts'
import type { Journal } from '../journal.ts'
import { createMemoryJournal } from '../journals/memory.ts'
import { createSqliteJournal } from '../journals/sqlite.ts'
import { type DataFolder, openDataFolder } from '../lib/data-folder.ts'
import { openSealer } from '../lib/encryption-key.ts'
import type { Sealer } from '../lib/seal.ts'
import { openDatabase } from '../lib/sqlite/database.ts'
import type { Admission, Store } from '../store.ts'
import { createMemoryStore } from '../stores/memory.ts'
import { createSqliteStore } from '../stores/sqlite.ts'

/** The standalone home: one data folder, with objects and history in it. */
export interface Home {
  readonly store: Store
  readonly journal: Journal
  readonly sealer: Sealer
  readonly folder: DataFolder
}

export interface HomeOptions {
  readonly data: string
  readonly store: 'sqlite' | 'memory'
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly admission: Admission
}

/** Opens the home; what it opened is closed with `parts`. */
export async function openHome(parts: AsyncDisposableStack, options: HomeOptions): Promise<Home> {
  const { clock, admission, env } = options
  const folder = openDataFolder(options.data)
  const sealer = openSealer({ env })
  const shared = { kinds: storedKinds, clock, admission, requireNamespaces: true }
  if (options.store === 'memory') {
    const journal = createMemoryJournal()
    const store = createMemoryStore({ ...shared, journal })
    parts.defer(() => store.close())
    return { store, journal, sealer, folder }
  }
  const database = await openDatabase({ path: folder.databasePath, clock })
  parts.defer(() => database.close())
  const store = await createSqliteStore({ ...shared, database, sealer })
  parts.defer(() => store.close())
  return { store, journal: createSqliteJournal(database), sealer, folder }
}
