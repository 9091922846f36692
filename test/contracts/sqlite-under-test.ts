import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteJournal } from '../../src/journals/sqlite.ts'
import { openDataFolder } from '../../src/lib/data-folder.ts'
import { createSealer, type Sealer } from '../../src/lib/seal.ts'
import { type Database, openDatabase } from '../../src/lib/sqlite/database.ts'
import { createSqliteStore } from '../../src/stores/sqlite.ts'
import type { StoreUnderTest, StoreUnderTestOptions } from './store-under-test.ts'

export const testSealer = createSealer(Buffer.alloc(32, 7), 'the test')

export interface SqliteUnderTest extends StoreUnderTest {
  readonly database: Database
}

/** A folder that is removed when it is disposed of. */
export function tempFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gantry-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A SQLite store in a data folder, with the settings of the product but for short waits. */
export async function openSqlite(
  folder: string,
  options: StoreUnderTestOptions & {
    readonly sealer?: Sealer | undefined
    readonly maxPages?: number | undefined
  },
): Promise<SqliteUnderTest> {
  const { clock, sealer = testSealer, maxPages, ...rest } = options
  const { databasePath } = openDataFolder(folder)
  const database = await openDatabase({
    path: databasePath,
    clock,
    checkEveryMs: 20,
    lockTimeoutMs: 50,
    maxPages,
  })
  try {
    const store = await createSqliteStore({ ...rest, database, clock, sealer })
    const close = async (): Promise<void> => {
      await store.close()
      await database.close()
    }
    return { store, journal: createSqliteJournal(database), database, close }
  } catch (thrown) {
    await database.close()
    throw thrown
  }
}
