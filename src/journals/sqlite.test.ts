import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { everything, journalContract, record } from '../../test/contracts/journal-contract.ts'
import {
  openSqlite,
  type SqliteUnderTest,
  tempFolder,
} from '../../test/contracts/sqlite-under-test.ts'
import { rejectsWith } from '../../test/contracts/store-under-test.ts'
import { createFakeClock } from '../../test/fake-clock.ts'
import { createMemoryJournal } from './memory.ts'
import { journalKinds, type JournalQuery, type NewJournalRecord } from '../journal.ts'

const folders: { remove(): void }[] = []
const newFolder = (): string => {
  const folder = tempFolder()
  folders.push(folder)
  return folder.path
}
after(() => {
  for (const folder of folders) folder.remove()
})
const open = (folder: string): Promise<SqliteUnderTest> =>
  openSqlite(folder, { kinds: [], clock: createFakeClock() })

journalContract('sqlite', () => open(newFolder()))

describe('a journal on the disk', () => {
  test('is there after a restart, and its numbers go on, also after pruning', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.journal.append([record('event', 'A/b', 1), record('audit', 'A/b', 2)])
    const [last = 0] = await first.journal.append([record('event', 'A/c', 3)])
    await first.journal.prune('event', 10)
    await first.close()
    const second = await open(folder)
    const { records } = await second.journal.range({})
    assert.deepEqual(
      records.map(({ kind }) => kind),
      ['audit'],
    )
    const [next = 0] = await second.journal.append([record('event', 'A/b', 1)])
    assert.ok(next > last)
    await second.close()
    await rejectsWith('Unavailable', second.journal.range({}))
  })

  test('finds records by their time, however they came over restarts', async () => {
    const folder = newFolder()
    const times: number[] = []
    const check = async ({ journal }: SqliteUnderTest): Promise<void> => {
      for (const [from, to] of [
        [0, 500],
        [500, 1500],
        [1900, 2100],
        [3000, 9000],
        [9500, 20_000],
        [20_000, 30_000],
      ] as const) {
        const found = await everything(journal, { from, to })
        const wanted = times.filter((time) => time >= from && time < to)
        assert.deepEqual(
          found.map(({ time }) => time),
          wanted,
          `${from} to ${to}`,
        )
      }
    }
    for (const count of [100, 950, 1000, 0, 1023, 3, 1]) {
      const opened = await open(folder)
      // Now and then a record is older than the one before: clocks are set back.
      const more = Array.from({ length: count }, (_, at) => times.length + at - (at % 7) * 50)
      const since = times.length
      times.push(...more.map((time) => Math.max(0, time)))
      await opened.journal.append(times.slice(since).map((time) => record('event', 'A/b', time)))
      await check(opened)
      await opened.close()
      const again = await open(folder)
      await check(again)
      await again.close()
    }
  })

  test('answers alike before, while and after its newest records move to the indexes', async () => {
    const folder = newFolder()
    const inMemory = createMemoryJournal()
    let onDisk = await open(folder)
    const queries: JournalQuery[] = [
      { order: 'asc', limit: 1000 },
      { order: 'desc', limit: 300 },
      { order: 'desc', limit: 5, kind: 'audit' },
      { order: 'asc', limit: 1000, subject: 'Stage/p/s1', from: 200, to: 600 },
      { order: 'desc', limit: 1000, subjectPrefix: 'Stage/p/' },
    ]
    // 256 records may be without index; appends of one, of several, and of more than that.
    const sizes = [...Array<number>(300).fill(1), ...Array<number>(40).fill(9), 257, 256, 3, 700, 1]
    let time = 0
    for (const [turn, size] of sizes.entries()) {
      const records = Array.from({ length: size }, () => {
        time += 1
        return record(time % 3 === 0 ? 'event' : 'audit', `Stage/p/s${time % 5}`, time)
      })
      assert.deepEqual(await onDisk.journal.append(records), await inMemory.append(records))
      if (turn % 100 === 70) {
        const [kind, before] = ['event', time - 40] as const
        const pruned = await inMemory.prune(kind, before)
        assert.equal(await onDisk.journal.prune(kind, before), pruned)
      }
      if (turn % 60 === 59) {
        await onDisk.close()
        onDisk = await open(folder)
      }
      if (turn % 9 !== 0 && size === 1) continue
      for (const query of queries)
        assert.deepEqual(await onDisk.journal.range(query), await inMemory.range(query))
    }
    await onDisk.close()
  })

  test('numbers go on after a full block was pruned away', async () => {
    const folder = newFolder()
    const first = await open(folder)
    const [last] = (
      await first.journal.append(Array.from({ length: 1023 }, () => record('event', 'A/b', 1)))
    ).slice(-1)
    await first.journal.prune('event', 10)
    await first.close()
    const second = await open(folder)
    assert.deepEqual(await second.journal.append([record('event', 'A/b', 5)]), [(last ?? 0) + 1])
    const { records } = await second.journal.range({ from: 5, to: 6 })
    assert.equal(records.length, 1)
    await second.close()
  })

  test('finds records under a prefix however many they are and wherever they lie', async () => {
    const { journal, close } = await open(newFolder())
    // More than are sorted for an answer, over more scopes than are merged for one.
    const all = Array.from({ length: 24_000 }, (_, at): NewJournalRecord =>
      record(
        journalKinds[at % journalKinds.length] ?? 'event',
        at % 2 === 0 ? `Stage/p${at % 120}/s` : `Promotion/busy/prod.${at % 50}`,
        at,
      ),
    )
    const seqs: number[] = []
    for (let at = 0; at < all.length; at += 1000)
      seqs.push(...(await journal.append(all.slice(at, at + 1000))))
    const queries: JournalQuery[] = [
      { subjectPrefix: 'Stage/' },
      { subjectPrefix: 'Stage/p1' },
      { subjectPrefix: 'Promotion/busy/' },
      { subjectPrefix: 'Promotion/busy/prod.' },
      { subjectPrefix: 'Promotion/busy/prod.', kind: 'audit' },
      { subjectPrefix: 'Promotion/busy/prod.1' },
      { subjectPrefix: 'Stage/', kind: 'event', from: 5000, to: 20_000 },
      { subjectPrefix: 'nothing' },
      { subjectPrefix: 'nothing/' },
    ]
    for (const query of queries) {
      const found = await everything(journal, query)
      const { subjectPrefix = '', kind, from = 0, to = Infinity } = query
      const wanted = seqs.filter((_, at) => {
        const one = all[at]
        if (one === undefined) return false
        const isIn = one.time >= from && one.time < to
        return isIn && one.subject.startsWith(subjectPrefix) && (kind ?? one.kind) === one.kind
      })
      assert.deepEqual(
        found.map(({ seq }) => seq),
        wanted,
        JSON.stringify(query),
      )
    }
    await close()
  })
})
