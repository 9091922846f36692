import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/fake-clock.ts'
import { silentLogger } from '../core/log.ts'
import type { JournalKind } from '../journal.ts'
import { createMemoryJournal } from '../journals/memory.ts'
import { defaultJournalRetention, startJournalRetention } from './journal-retention.ts'

const dayMs = 86_400_000

test('records of each kind go when their time is over, and the others stay', async () => {
  const clock = createFakeClock()
  const journal = createMemoryJournal()
  const add = (kind: JournalKind) =>
    journal.append([{ time: clock.now(), kind, subject: 'Stage/demo/test', payload: {} }])
  await add('event')
  await add('audit')
  const retention = { ...defaultJournalRetention, event: 2 * dayMs }
  const stop = startJournalRetention({ journal, clock, log: silentLogger, retention })
  await clock.advance(2 * dayMs - 1)
  assert.equal((await journal.range({})).records.length, 2)
  await clock.advance(3_600_001)
  const { records } = await journal.range({})
  assert.deepEqual(
    records.map(({ kind }) => kind),
    ['audit'],
  )
  stop()
  assert.equal(clock.pending, 0)
})

test('a process that lives for minutes only prunes, too', async () => {
  const clock = createFakeClock()
  const journal = createMemoryJournal()
  await journal.append([{ time: 0, kind: 'event', subject: 'Stage/demo/test', payload: {} }])
  const stop = startJournalRetention({ journal, clock, log: silentLogger })
  await clock.advance(5 * 60_000)
  assert.equal((await journal.range({})).records.length, 0)
  stop()
})

test('a journal that fails is tried again an hour later', async () => {
  const clock = createFakeClock()
  const journal = createMemoryJournal()
  await journal.append([{ time: 0, kind: 'event', subject: 'Stage/demo/test', payload: {} }])
  let failing = true
  const stop = startJournalRetention({
    journal: {
      ...journal,
      prune: (kind, before) =>
        failing ? Promise.reject(new Error('no')) : journal.prune(kind, before),
    },
    clock,
    log: silentLogger,
  })
  await clock.advance(3_600_000)
  failing = false
  assert.equal((await journal.range({})).records.length, 1)
  await clock.advance(3_600_000)
  assert.equal((await journal.range({})).records.length, 0)
  stop()
})
