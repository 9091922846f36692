import assert from 'node:assert/strict'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import {
  openSqlite,
  type SqliteUnderTest,
  tempFolder,
} from '../../test/contracts/sqlite-under-test.ts'
import { storeContract } from '../../test/contracts/store-contract.ts'
import { record } from '../../test/contracts/journal-contract.ts'
import { asAdmin, rejectsWith, watchByHand } from '../../test/contracts/store-under-test.ts'
import {
  namespace,
  NamespaceKind,
  ParcelKind,
  secret,
  SecretKind,
  setting,
  SettingKind,
  testKinds,
  type Widget,
  widget,
  WidgetKind,
} from '../../test/contracts/test-kinds.ts'
import { createFakeClock } from '../../test/fake-clock.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { createSealer } from '../lib/seal.ts'

const folders: { remove(): void }[] = []
const newFolder = (): string => {
  const folder = tempFolder()
  folders.push(folder)
  return folder.path
}
after(() => {
  for (const folder of folders) folder.remove()
})

storeContract('sqlite', (options) => openSqlite(newFolder(), options))

const open = (folder: string, kinds: readonly Kind[] = testKinds): Promise<SqliteUnderTest> =>
  openSqlite(folder, { kinds, clock: createFakeClock() })

describe('a data folder', () => {
  test('holds everything for the next start: objects, indexes, versions', async () => {
    const folder = newFolder()
    const first = await open(folder)
    const red = await first.store.create(
      WidgetKind,
      widget('a', { spec: { colour: 'red' } }),
      asAdmin,
    )
    await first.store.patchStatus(WidgetKind, red.metadata, { status: { x: 1 } }, asAdmin)
    await first.store.create(SettingKind, setting('s', '1'), asAdmin)
    await first.store.create(WidgetKind, widget('gone'), asAdmin)
    await first.store.delete(WidgetKind, { namespace: 'demo', name: 'gone' }, asAdmin)
    const before = await first.store.list(WidgetKind)
    await first.close()

    const second = await open(folder)
    const found = await second.store.list(WidgetKind, { index: { name: 'colour', key: 'red' } })
    assert.deepEqual(found, before)
    assert.equal((await second.store.get(SettingKind, { name: 's' }))?.value, '1')
    // The last version was a deletion's: it is not given out again.
    const next = await second.store.create(WidgetKind, widget('b'), asAdmin)
    assert.ok(Number(next.metadata.resourceVersion) > Number(before.resourceVersion))
    await second.close()
  })

  test('gives every object back, however many there are and whatever their sizes', async () => {
    const folder = newFolder()
    const first = await open(folder)
    const sizes = [40_000, 3, 70_000, 9000, 200_000]
    await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const text = `${at}é`.repeat((sizes[at % sizes.length] ?? 1) / 3)
        await first.store.create(WidgetKind, widget(`w${at}`, { spec: { text } }), asAdmin)
        if (at % 10 === 0) await first.store.create(SecretKind, secret(`s${at}`, {}), asAdmin)
      }),
    )
    const before = await Promise.all([first.store.list(WidgetKind), first.store.list(SecretKind)])
    await first.close()
    const second = await open(folder)
    const after = await Promise.all([second.store.list(WidgetKind), second.store.list(SecretKind)])
    assert.deepEqual(after, before)
    await second.close()
  })

  test('a watch resumes over a restart at the last version, and is Expired before it', async () => {
    const folder = newFolder()
    const first = await open(folder)
    const old = await first.store.create(WidgetKind, widget('a'), asAdmin)
    await first.store.create(WidgetKind, widget('b'), asAdmin)
    const { resourceVersion } = await first.store.list(WidgetKind)
    await first.close()

    const second = await open(folder)
    const resumed = watchByHand(second.store, WidgetKind, { resourceVersion })
    await second.store.create(WidgetKind, widget('c'), asAdmin)
    assert.deepEqual(await resumed.brief(1), ['ADDED demo/c'])
    await resumed.stop()
    const tooOld = { resourceVersion: old.metadata.resourceVersion }
    await rejectsWith('Expired', watchByHand(second.store, WidgetKind, tooOld).take(1))
    await second.close()
  })

  test('keeps objects of kinds that this version does not know, untouched', async () => {
    const folder = newFolder()
    const first = await open(folder)
    const made = await first.store.create(WidgetKind, widget('a', { spec: { x: 1 } }), asAdmin)
    await first.close()
    const second = await open(folder, [ParcelKind, SettingKind])
    const later = await second.store.create(SettingKind, setting('s'), asAdmin)
    assert.ok(Number(later.metadata.resourceVersion) > Number(made.metadata.resourceVersion))
    await second.close()
    const third = await open(folder)
    assert.deepEqual(await third.store.get(WidgetKind, made.metadata), made)
    await third.close()
  })

  test('a namespace takes what unknown kinds left in it along', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.store.create(NamespaceKind, namespace('demo'), asAdmin)
    const { metadata } = await first.store.create(WidgetKind, widget('a'), asAdmin)
    await first.close()
    const second = await open(folder, [NamespaceKind])
    assert.equal(await second.store.delete(NamespaceKind, { name: 'demo' }, asAdmin), 'deleted')
    await second.close()
    const third = await open(folder)
    assert.equal(await third.store.get(WidgetKind, metadata), undefined)
    await third.close()
  })

  test('belongs to one process: a second opener is told who has it', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await assert.rejects(open(folder), (thrown: Error) => {
      assert.match(thrown.message, new RegExp(`in use by process ${process.pid} on `))
      return true
    })
    await rejectsWith('Unavailable', open(folder))
    await first.store.create(WidgetKind, widget('a'), asAdmin)
    await first.close()
    const second = await open(folder)
    assert.equal((await second.store.list(WidgetKind)).items.length, 1)
    await second.close()
  })

  test('with a damaged object is given up in a sentence', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.store.create(WidgetKind, widget('a'), asAdmin)
    await first.close()
    const db = new DatabaseSync(join(folder, 'gantry.db'))
    db.exec("UPDATE objects SET body = '{'")
    db.close()
    const second = await open(folder)
    await rejectsWith('Unavailable', second.store.get(WidgetKind, { namespace: 'demo', name: 'a' }))
    assert.match((await second.store.failed).message, /Widget demo\/a is damaged/)
    await rejectsWith('Unavailable', second.store.create(WidgetKind, widget('b'), asAdmin))
    await second.close()
  })

  test('keeps an object that an index of this version cannot read, and goes on', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.store.create(WidgetKind, widget('a'), asAdmin)
    await first.close()
    const indexKeys = ({ spec }: Widget): Record<string, string[]> => {
      if (spec === undefined) throw new TypeError('no spec')
      return { any: ['x'] }
    }
    const second = await open(folder, [{ ...WidgetKind, indexKeys }])
    const ref = { namespace: 'demo', name: 'a' }
    assert.notEqual(await second.store.get(WidgetKind, ref), undefined)
    await second.store.patch(WidgetKind, ref, { spec: {} }, asAdmin)
    const query = { index: { name: 'any', key: 'x' } }
    assert.equal((await second.store.list(WidgetKind, query)).items.length, 1)
    await second.close()
  })

  test('does not fail when it is closed', async () => {
    const { store, close } = await open(newFolder())
    await close()
    const still = Symbol('still')
    assert.equal(await Promise.race([store.failed, Promise.resolve(still)]), still)
  })

  test('is for its owner only', async () => {
    const folder = newFolder()
    const { close, store } = await open(folder)
    await store.create(WidgetKind, widget('a'), asAdmin)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    for (const file of ['gantry.db', 'gantry.db-wal', 'owner.json'])
      assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file)
    await close()
  })

  test('of a newer version is not touched', async () => {
    const folder = newFolder()
    await (await open(folder)).close()
    const db = new DatabaseSync(join(folder, 'gantry.db'))
    db.exec('PRAGMA user_version = 99')
    db.close()
    await rejectsWith('NotSupported', open(folder))
  })

  test('of the first version goes on', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.store.create(WidgetKind, widget('a'), asAdmin)
    await first.close()
    const db = new DatabaseSync(join(folder, 'gantry.db'))
    db.exec('DROP TABLE journal_tail')
    db.exec(`INSERT INTO journal (seq, time, kind, subject, scope, payload)
             VALUES (1, 5, 'event', 'Widget/a', 'Widget/', '{}')`)
    db.exec('PRAGMA user_version = 1')
    db.close()
    const second = await open(folder)
    assert.equal((await second.store.list(WidgetKind, {})).items.length, 1)
    const [seq] = await second.journal.append([record('event', 'Widget/a', 6)])
    assert.equal(seq, 2)
    const { records } = await second.journal.range({ subject: 'Widget/a' })
    assert.deepEqual(
      records.map(({ time }) => time),
      [5, 6],
    )
    await second.close()
  })

  test('of another program is not touched', async () => {
    const folder = newFolder()
    const db = new DatabaseSync(join(folder, 'gantry.db'))
    db.exec('CREATE TABLE notes (text TEXT)')
    db.close()
    await rejectsWith('Unavailable', open(folder))
  })

  test('with a damaged database is refused in a sentence', async () => {
    const folder = newFolder()
    const { close, store } = await open(folder)
    await store.create(WidgetKind, widget('a', { spec: { text: 'x'.repeat(20_000) } }), asAdmin)
    await close()
    const file = join(folder, 'gantry.db')
    const bytes = readFileSync(file)
    bytes.fill(0xff, 8192)
    writeFileSync(file, bytes)
    await rejectsWith('Unavailable', open(folder))
    writeFileSync(file, 'this is no database, and longer than a header '.repeat(100))
    await rejectsWith('Unavailable', open(folder))
  })
})

describe('a store that can no longer write', () => {
  const failing = async (
    harm: (folder: string) => void,
  ): Promise<{ under: SqliteUnderTest; folder: string }> => {
    const folder = newFolder()
    const under = await open(folder)
    await under.store.create(WidgetKind, widget('a'), asAdmin)
    harm(folder)
    return { under, folder }
  }
  const harms: Record<string, (folder: string) => void> = {
    'whose folder was removed': (folder) => rmSync(folder, { recursive: true }),
    'whose database was removed': (folder) => rmSync(join(folder, 'gantry.db')),
    'whose log was removed': (folder) => rmSync(join(folder, 'gantry.db-wal')),
    'whose database was replaced': (folder) => {
      renameSync(join(folder, 'gantry.db'), join(folder, 'old.db'))
      writeFileSync(join(folder, 'gantry.db'), '')
    },
  }
  for (const [name, harm] of Object.entries(harms)) {
    test(`${name} acknowledges nothing more, says so and stays so`, async () => {
      const { under } = await failing(harm)
      const { store, journal } = under
      await rejectsWith('Unavailable', store.create(WidgetKind, widget('b'), asAdmin))
      const failure = await store.failed
      assert.match(failure.message, /^[^\n]{20,250}$/)
      await rejectsWith('Unavailable', store.get(WidgetKind, { namespace: 'demo', name: 'a' }))
      await rejectsWith('Unavailable', store.list(WidgetKind))
      await rejectsWith('Unavailable', watchByHand(store, WidgetKind).take(1))
      await rejectsWith('Unavailable', journal.range({}))
      await under.close()
    })
  }

  test('notices a removed folder while nothing is written', async () => {
    const { under } = await failing((folder) => rmSync(folder, { recursive: true }))
    const watch = watchByHand(under.store, WidgetKind, { resourceVersion: '1' })
    const watching = rejectsWith('Unavailable', watch.take(1))
    await under.store.failed
    await watching
    await under.close()
  })

  test('because the disk is full keeps what it acknowledged, and goes on when there is space', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.close()
    const limit = new DatabaseSync(join(folder, 'gantry.db'))
    const pages = Number(limit.prepare('PRAGMA page_count').get()?.['page_count'])
    limit.close()
    const { store, close, journal } = await openSqlite(folder, {
      kinds: testKinds,
      clock: createFakeClock(),
      maxPages: pages + 20,
    })
    const acknowledged: string[] = []
    const text = 'x'.repeat(10_000)
    for (let turn = 0; ; turn++) {
      const name = `w${String(turn).padStart(3, '0')}`
      try {
        await store.create(WidgetKind, widget(name, { spec: { text } }), asAdmin)
        acknowledged.push(name)
      } catch {
        break
      }
    }
    assert.match((await store.failed).message, /full/)
    await rejectsWith('Unavailable', journal.range({}))
    await close()

    const second = await open(folder)
    const { items } = await second.store.list(WidgetKind)
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      acknowledged,
    )
    await second.store.create(WidgetKind, widget('z'), asAdmin)
    await second.close()
  })
})

describe('Secrets', () => {
  test('are not readable on the disk, and readable again with the key', async () => {
    const folder = newFolder()
    const first = await open(folder)
    const sent = {
      ...secret('s', { password: 'aHVudGVyMmh1bnRlcjI=' }),
      metadata: { name: 's', namespace: 'demo', annotations: { last: 'copy-of-hunter2' } },
    }
    const made = await first.store.create(SecretKind, sent, asAdmin)
    await first.store.create(WidgetKind, widget('plain', { spec: { text: 'in-clear' } }), asAdmin)
    const onDisk = (): string =>
      ['gantry.db', 'gantry.db-wal']
        .map((file) => readFileSync(join(folder, file), 'latin1'))
        .join()
    const bytes = onDisk()
    assert.ok(bytes.includes('in-clear'))
    assert.ok(!bytes.includes('aHVudGVy') && !bytes.includes('copy-of-hunter2'))
    await first.close()
    const second = await open(folder)
    assert.deepEqual(await second.store.get(SecretKind, made.metadata), made)
    await second.close()
  })

  test('need the key that sealed them: another one is refused before anything is read', async () => {
    const folder = newFolder()
    await (await open(folder)).close()
    const sealer = createSealer(Buffer.alloc(32, 9), 'another file')
    const wrong = openSqlite(folder, { kinds: testKinds, clock: createFakeClock(), sealer })
    await rejectsWith('Invalid', wrong)
    await (await open(folder)).close()
  })
})
