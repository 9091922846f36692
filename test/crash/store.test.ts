import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createSqliteJournal } from '../../src/journals/sqlite.ts'
import type { JournalRecord } from '../../src/journal.ts'
import { everything } from '../contracts/journal-contract.ts'
import { openSqlite, type SqliteUnderTest, tempFolder } from '../contracts/sqlite-under-test.ts'
import { SecretKind, testKinds, WidgetKind } from '../contracts/test-kinds.ts'
import { createFakeClock } from '../fake-clock.ts'
import { type Acknowledgement, lanes } from './store-writer.ts'

const isLong = process.env['GANTRY_LONG'] === '1'
const writer = fileURLToPath(new URL('store-writer.ts', import.meta.url))

interface Round {
  /** The last acknowledgement of each lane. */
  readonly acknowledged: ReadonlyMap<string, Acknowledgement>
  readonly count: number
  readonly stderr: string
  readonly signal: NodeJS.Signals | null
}

/** Runs the writer until `killAfterMs` after it is ready, or until it ends by itself. */
async function runWriter(
  folder: string,
  options: {
    readonly mode?: readonly string[]
    readonly killAfterMs?: number
    /** Runs it under this shell prologue. */
    readonly shell?: string
  },
): Promise<Round> {
  const args = [process.execPath, '--no-warnings', writer, folder, ...(options.mode ?? ['run'])]
  const { shell } = options
  const child =
    shell === undefined
      ? spawn(args[0] ?? '', args.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('/bin/sh', ['-c', `${shell}; exec "$@"`, 'sh', ...args], {
          stdio: ['ignore', 'pipe', 'pipe'],
        })
  const acknowledged = new Map<string, Acknowledgement>()
  let count = 0
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const closed = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    // A line that the kill cut in two acknowledges nothing.
    const said = parseLine(line)
    if (said === 'ready' && options.killAfterMs !== undefined)
      setTimeout(() => child.kill('SIGKILL'), options.killAfterMs)
    if (typeof said === 'string' || said === undefined) continue
    acknowledged.set(said.lane, said)
    count += 1
  }
  await closed
  return { acknowledged, count, stderr, signal: child.signalCode }
}

function parseLine(line: string): Acknowledgement | string | undefined {
  try {
    // The writer writes nothing else.
    return JSON.parse(line) as Acknowledgement | string
  } catch {
    return undefined
  }
}

/** Every acknowledged write is there, nothing is there twice or by halves, and what is there can be read. */
async function verify(folder: string, { acknowledged }: Round): Promise<void> {
  const under = await openSqlite(folder, { kinds: testKinds, clock: createFakeClock() })
  const journal = createSqliteJournal(under.database)
  const audit = await everything(journal, { kind: 'audit' })
  const versions = new Set<string>()
  for (const lane of [...lanes.counters, ...lanes.secrets]) {
    const { n, resourceVersion = '' } = await read(under, lane)
    const told = acknowledged.get(lane)
    // At most the one write that was under way may have come on top.
    assertBetween(n, told?.n ?? 0, (told?.n ?? Number.POSITIVE_INFINITY) + 1, lane)
    if (told !== undefined && n === told.n) assert.equal(resourceVersion, told.resourceVersion)
    assert.ok(!versions.has(resourceVersion), 'a version was given out twice')
    versions.add(resourceVersion)
    if (lane.startsWith('count')) assertUnbroken(countsOf(audit, `Widget/${lane}`), n, lane)
  }
  for (const lane of lanes.toggles) {
    const told = acknowledged.get(lane)
    const isThere =
      (await under.store.get(WidgetKind, { namespace: 'demo', name: lane })) !== undefined
    const verbs = audit
      .filter(({ subject }) => subject === `Widget/${lane}`)
      .map(({ payload }) => payload['operation'])
    // The journal tells the same story as the objects: create and delete in turn, the last one as it is.
    for (const [at, verb] of verbs.entries()) assert.equal(verb, at % 2 === 0 ? 'CREATE' : 'DELETE')
    assert.equal(verbs.length % 2 === 1, isThere, lane)
    assertBetween(verbs.length, told?.n ?? 0, (told?.n ?? Number.POSITIVE_INFINITY) + 1, lane)
  }
  for (const lane of lanes.journals) {
    const told = acknowledged.get(lane)
    const counts = countsOf(await everything(journal, { subject: lane }), lane)
    assertBetween(counts.length, told?.n ?? 0, (told?.n ?? Number.POSITIVE_INFINITY) + 2, lane)
    // Records of one call come together or not at all.
    assert.equal(counts.length % 2, 0, lane)
    assert.deepEqual(
      counts,
      counts.map((_, at) => at + 1),
      lane,
    )
  }
  await under.close()
}

async function read(
  { store }: SqliteUnderTest,
  name: string,
): Promise<{ readonly n: number; readonly resourceVersion?: string | undefined }> {
  const ref = { namespace: 'demo', name }
  if (name.startsWith('secret')) {
    const found = await store.get(SecretKind, ref)
    return {
      n: Number(found?.data?.['n'] ?? 0),
      resourceVersion: found?.metadata.resourceVersion ?? name,
    }
  }
  const found = await store.get(WidgetKind, ref)
  const n = Number(found?.metadata.annotations?.['n'] ?? 0)
  if (found?.spec !== undefined) assert.equal(found.spec['n'], n)
  return { n, resourceVersion: found?.metadata.resourceVersion ?? name }
}

function countsOf(records: readonly JournalRecord[], subject: string): readonly number[] {
  return records.filter((one) => one.subject === subject).map(({ payload }) => Number(payload['n']))
}

/** The records of an object's writes are there exactly as far as the object is: same transaction. */
function assertUnbroken(counts: readonly number[], last: number, lane: string): void {
  assert.deepEqual(
    counts,
    Array.from(counts, (_, at) => at),
    lane,
  )
  if (counts.length > 0) assert.equal(counts.at(-1), last, lane)
}

function assertBetween(value: number, low: number, high: number, what: string): void {
  assert.ok(value >= low && value <= high, `${what}: ${value} is not within ${low}..${high}`)
}

test('killed at any moment, a store has every write that it acknowledged, in order and whole', async () => {
  const folder = tempFolder()
  let acknowledged = 0
  const rounds = isLong ? 50 : 3
  for (let round = 0; round < rounds; round++) {
    const ran = await runWriter(folder.path, { killAfterMs: 20 + Math.random() * 400 })
    assert.equal(ran.signal, 'SIGKILL', ran.stderr)
    acknowledged += ran.count
    await verify(folder.path, ran)
  }
  assert.ok(acknowledged > rounds * 3, `only ${acknowledged} writes were acknowledged`)
  folder.remove()
})

test('killed between a write and its acknowledgement, a store has it or has it not, but never half', async () => {
  const folder = tempFolder()
  for (let round = 0; round < (isLong ? 10 : 1); round++)
    for (const mode of ['before', 'after']) {
      const at = 20 + Math.floor(Math.random() * 60)
      const ran = await runWriter(folder.path, { mode: [mode, String(at)] })
      assert.equal(ran.signal, 'SIGKILL', ran.stderr)
      assert.ok(ran.count > 0)
      await verify(folder.path, ran)
    }
  folder.remove()
})

test('a disk that takes no more ends the process with a sentence, and a new start goes on', async () => {
  const folder = tempFolder()
  // No file may grow beyond 2 MiB, and the signal that says so is ignored: writes fail instead.
  const ran = await runWriter(folder.path, { shell: "trap '' XFSZ; ulimit -f 4096" })
  assert.equal(ran.signal, null)
  assert.match(ran.stderr, /the disk of the data folder .* (is full|cannot be read or written)/)
  assert.ok(ran.count > 10)
  await verify(folder.path, ran)
  const again = await runWriter(folder.path, { killAfterMs: 200 })
  assert.ok(again.count > 0, again.stderr)
  await verify(folder.path, again)
  folder.remove()
})
