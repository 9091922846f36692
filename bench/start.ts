// How long a start takes, from the command to the first answer of the API that shows an object, and what memory it
// takes: empty, and with much history. Beside it, in the same rounds, a bare Node.js process that reads the same rows.
//
//   npm run bench -- start [--cases 0x0,1000x10000,10000x100000] [--rounds 3] [--no-build]
//
// A case is Stages x Promotions. What is measured is what ships: the bundle in `dist/`, built first unless told not to.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { writeHistory } from './start/history.ts'
import { quantile, rounded } from './store/times.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '0x0,1000x10000,10000x100000' },
    rounds: { type: 'string', default: '3' },
    'no-build': { type: 'boolean', default: false },
  },
})
/** To the first answer, by the number of Stages. */
const wantedMs = new Map([
  [0, 1000],
  [1000, 2000],
  [10_000, 5000],
])
const token = 'start-benchmark-token'
const root = join(import.meta.dirname, '..')
const main = join(root, 'dist/main.js')

if (!values['no-build']) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('the build failed')
}

const cases: Measured[] = []
for (const text of values.cases.split(',')) {
  const [stages = 0, promotions = 0] = text.split('x').map(Number)
  const folder = mkdtempSync(join(tmpdir(), 'gantry-start-'))
  try {
    cases.push(await measure(folder, stages, promotions))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const ok = cases.every(
  ({ firstAnswerMs, wanted }) => wanted === undefined || firstAnswerMs < wanted,
)
console.log(JSON.stringify({ name: 'start', rounds: Number(values.rounds), cases, ok }))
if (!ok) process.exitCode = 1

interface Measured {
  readonly stages: number
  readonly promotions: number
  /** MiB of the database. */
  readonly fileMiB: number
  /** Medians. A Node.js process that only reads the same rows. */
  readonly bareReadMs: number
  readonly firstAnswerMs: number
  readonly ratioToBareRead: number
  readonly wanted: number | undefined
  /** Until `/readyz`: the controllers are at work. */
  readonly readyMs: number
  readonly rssAtReadyMiB: number
  /** When nothing has been written for five seconds. */
  readonly rssSettledMiB: number
  /** The most that it ever was. */
  readonly rssPeakMiB: number
}

async function measure(folder: string, stages: number, promotions: number): Promise<Measured> {
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const file = join(data, 'gantry.db')
  if (stages > 0) await writeHistory(file, stages, promotions)
  // The controllers take in what they have never seen; that is not a part of every start.
  const first = await startOnce(folder)
  await first.settled()
  await first.stop()
  const rounds: { bare: number; answer: number; ready: number; rss: number[] }[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const bare = bareRead(file)
    const gantry = await startOnce(folder)
    const atReady = gantry.memory('VmRSS')
    await gantry.settled()
    const rss = [atReady, gantry.memory('VmRSS'), gantry.memory('VmHWM')]
    await gantry.stop()
    rounds.push({ bare, answer: gantry.firstAnswerMs, ready: gantry.readyMs, rss })
  }
  const median = (read: (round: (typeof rounds)[number]) => number | undefined): number =>
    rounded(
      quantile(
        rounds.map((round) => read(round) ?? Number.NaN),
        0.5,
      ),
    )
  return {
    stages,
    promotions,
    fileMiB: rounded(statSync(file).size / 2 ** 20),
    bareReadMs: median(({ bare }) => bare),
    firstAnswerMs: median(({ answer }) => answer),
    ratioToBareRead: rounded(
      quantile(
        rounds.map(({ answer, bare }) => answer / bare),
        0.5,
      ),
      2,
    ),
    wanted: wantedMs.get(stages),
    readyMs: median(({ ready }) => ready),
    rssAtReadyMiB: median(({ rss }) => rss[0]),
    rssSettledMiB: median(({ rss }) => rss[1]),
    rssPeakMiB: median(({ rss }) => rss[2]),
  }
}

/** Milliseconds of a process that reads every object's text, and does nothing with it. */
function bareRead(file: string): number {
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    const db = new DatabaseSync(process.argv[1], { readOnly: true })
    let bytes = 0
    for (const row of db.prepare('SELECT kind, namespace, name, seq, body FROM objects').iterate()) bytes += row.body.length`
  const before = performance.now()
  const { status } = spawnSync(process.execPath, ['-e', script, file], { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('the bare read failed')
  return performance.now() - before
}

interface Started {
  readonly firstAnswerMs: number
  readonly readyMs: number
  /** MiB, as the system counts them. */
  memory(field: 'VmRSS' | 'VmHWM'): number
  settled(): Promise<void>
  stop(): Promise<void>
}

async function startOnce(folder: string): Promise<Started> {
  const port = await freePort()
  const before = performance.now()
  const child = spawn(
    process.execPath,
    [...process.execArgv, main, 'up', '--data', join(folder, 'data'), '--port', String(port)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        XDG_CONFIG_HOME: join(folder, 'config'),
        XDG_CACHE_HOME: join(folder, 'cache'),
        GANTRY_ADMIN_TOKEN: token,
      },
    },
  )
  const url = `http://127.0.0.1:${port}`
  await answers(child, `${url}/v1beta1/projects`)
  const firstAnswerMs = performance.now() - before
  await answers(child, `${url}/readyz`)
  const readyMs = performance.now() - before
  const written = (): string =>
    ['gantry.db', 'gantry.db-wal']
      .map((name) => statSync(join(folder, 'data', name), { throwIfNoEntry: false })?.mtimeMs)
      .join()
  return {
    firstAnswerMs,
    readyMs,
    memory(field) {
      const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8')
      const kiB = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]
      return Number(kiB) / 1024
    },
    async settled() {
      let seen = written()
      for (let quietMs = 0; quietMs < 5000; quietMs += 250) {
        await wait(250)
        if (written() !== seen) quietMs = 0
        seen = written()
      }
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  for (;;) {
    if (child.exitCode !== null) throw new Error(`gantry up ended with ${child.exitCode}`)
    const response = await fetch(url, { headers }).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.ok === true) return
    await wait(5)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : undefined
      server.close(() => (port === undefined ? reject(new Error('no port')) : resolve(port)))
    })
  })
}
