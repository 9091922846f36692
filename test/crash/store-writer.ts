/**
 * The process that the crash rounds kill: `node store-writer.ts FOLDER MODE`. Several lanes write as fast as they can;
 * each acknowledgement is one line of JSON on stdout, written before the lane goes on.
 *
 * MODE `run` writes until it is killed. `before N` and `after N` make it kill itself at its N-th commit: when that was
 * handed over and is not known to be durable, or when it is durable and nobody has been told.
 */
import { writeSync } from 'node:fs'
import { controllerActor } from '../../src/core/actor.ts'
import { hasCode } from '../../src/core/errors.ts'
import { createSqliteJournal } from '../../src/journals/sqlite.ts'
import { openDataFolder } from '../../src/lib/data-folder.ts'
import { type Database, openDatabase } from '../../src/lib/sqlite/database.ts'
import { systemClock } from '../../src/lib/system-clock.ts'
import { createSqliteStore } from '../../src/stores/sqlite.ts'
import type { Admission, Store } from '../../src/store.ts'
import type { Journal } from '../../src/journal.ts'
import { everything } from '../contracts/journal-contract.ts'
import { testSealer } from '../contracts/sqlite-under-test.ts'
import { secret, SecretKind, testKinds, widget, WidgetKind } from '../contracts/test-kinds.ts'

/** What a line says: the state of `lane` that is now durable. */
export interface Acknowledgement {
  readonly lane: string
  /** The counter in the lane's object or record; for `toggle` lanes odd when the object is there. */
  readonly n: number
  readonly resourceVersion?: string | undefined
}

export const lanes = {
  counters: ['count-0', 'count-1', 'count-2', 'count-3'],
  secrets: ['secret-0'],
  toggles: ['toggle-0', 'toggle-1'],
  journals: ['log-0', 'log-1'],
} as const

const actor = controllerActor('crash')

/** Every write of an object journals its counter in the same transaction. */
const admission: Admission = {
  async admit({ object, kind, operation }) {
    const { name } = object.metadata
    const n = Number(object.metadata.annotations?.['n'] ?? 0)
    const record = {
      kind: 'audit',
      subject: `${kind.kind}/${name}`,
      payload: { operation, n },
    } as const
    return { object, records: [record] }
  },
}

function acknowledge(line: Acknowledgement): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('still alive')
}

/** The database, but that it kills the process around its N-th commit. */
function deadly(database: Database, mode: string, at: number): Database {
  let commits = 0
  return {
    ...database,
    async commit(mutation) {
      commits += 1
      const isLast = commits === at
      const committing = database.commit(mutation)
      if (isLast && mode === 'before') die()
      await committing
      if (isLast && mode === 'after') die()
    },
  }
}

async function count(store: Store, name: string): Promise<void> {
  const ref = { namespace: 'demo', name }
  const first = widget(name, { metadata: { name, annotations: { n: '0' } } })
  let current =
    (await store.get(WidgetKind, ref)) ?? (await store.create(WidgetKind, first, { actor }))
  for (;;) {
    const n = Number(current.metadata.annotations?.['n']) + 1
    const text = 'x'.repeat((n * 997) % 6000)
    const metadata = { ...current.metadata, annotations: { n: String(n) } }
    current = await store.update(WidgetKind, { ...current, metadata, spec: { n, text } }, { actor })
    acknowledge({ lane: name, n, resourceVersion: current.metadata.resourceVersion })
  }
}

async function keepSecret(store: Store, name: string): Promise<void> {
  const ref = { namespace: 'demo', name }
  const current = await store.get(SecretKind, ref)
  let n = Number(current?.data?.['n'] ?? 0)
  if (current === undefined) await store.create(SecretKind, secret(name, { n: '0' }), { actor })
  for (;;) {
    n += 1
    const changed = await store.patch(SecretKind, ref, { data: { n: String(n) } }, { actor })
    acknowledge({ lane: name, n, resourceVersion: changed.metadata.resourceVersion })
  }
}

/** Creates and deletes one object for ever; how often, the journal knows. */
async function toggle(store: Store, journal: Journal, name: string): Promise<void> {
  const ref = { namespace: 'demo', name }
  let n = (await everything(journal, { subject: `Widget/${name}` })).length
  for (;;) {
    n += 1
    if (n % 2 === 1) await store.create(WidgetKind, widget(name), { actor })
    else await store.delete(WidgetKind, ref, { actor })
    acknowledge({ lane: name, n })
  }
}

async function log(journal: Journal, name: string): Promise<void> {
  const { records } = await journal.range({ subject: name, order: 'desc', limit: 1 })
  let n = Number(records[0]?.payload['n'] ?? 0)
  for (;;) {
    const pair = [n + 1, n + 2].map((next) => ({
      time: Date.now(),
      kind: 'step-log' as const,
      subject: name,
      payload: { n: next },
    }))
    await journal.append(pair)
    n += 2
    acknowledge({ lane: name, n })
  }
}

async function main(folder: string, mode: string, at: number): Promise<void> {
  const path = openDataFolder(folder).databasePath
  const opened = await openDatabase({ path, clock: systemClock })
  const database = deadly(opened, mode, at)
  const store = await createSqliteStore({
    database,
    kinds: testKinds,
    clock: systemClock,
    sealer: testSealer,
    admission,
  })
  const journal = createSqliteJournal(opened)
  writeSync(1, '"ready"\n')
  await Promise.all([
    ...lanes.counters.map((name) => count(store, name)),
    ...lanes.secrets.map((name) => keepSecret(store, name)),
    ...lanes.toggles.map((name) => toggle(store, journal, name)),
    ...lanes.journals.map((name) => log(journal, name)),
  ])
}

if (import.meta.main) {
  const [folder = '', mode = 'run', at = '0'] = process.argv.slice(2)
  try {
    await main(folder, mode, Number(at))
  } catch (thrown) {
    // A write that failed was not acknowledged; the parent reads why.
    writeSync(2, `${String(thrown)}\n`)
    process.exit(hasCode(thrown, 'Unavailable') ? 6 : 1)
  }
}
