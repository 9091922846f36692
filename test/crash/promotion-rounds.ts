/** Rounds of killing a promoting process; what came of it is judged from the git server alone. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type GitServer, startGitServer } from '../servers/git-server.ts'
import { effectOf, type WorkerOrder } from './promotion-worker.ts'

export interface RoundResult {
  readonly kills: number
  /** How many of them came right after a push had landed. */
  readonly afterPush: number
  readonly wipes: number
  readonly commits: number
  readonly elapsedMs: number
}

export interface RoundOptions {
  /** Names the round's random choices. */
  readonly seed: number
  readonly stages?: number
  readonly promotions?: number
  /** Kills at most; then the process is left alone to finish. */
  readonly maxKills?: number
}

const workerFile = join(import.meta.dirname, 'promotion-worker.ts')

/**
 * One round: promotions of several Stages into one branch, their process killed again and again at random moments,
 * sometimes with its workspaces wiped or spoilt, sometimes right when a push has landed and nobody can have recorded
 * it. At the end each Promotion must have left exactly one commit.
 */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const { seed, stages = 2, promotions = 2, maxKills = 4 } = options
  const random = randomFrom(seed)
  const started = performance.now()
  const data = await mkdtemp(join(tmpdir(), 'gantry-crash-'))
  const server = await startGitServer()
  const counts = { kills: 0, afterPush: 0, wipes: 0 }
  try {
    const files = Object.fromEntries(
      range(stages).map((stage) => [effectOf(stage, 0).path, `version: 0 # stage ${stage}\n`]),
    )
    const repoURL = await server.createRepo('deploy', files)
    const order: WorkerOrder = { data, repoURL, stages, promotions }
    for (;;) {
      const isLast = counts.kills >= maxKills
      const worker = startWorker(order)
      const how = isLast ? 'leave' : random() < 0.4 ? 'push' : 'time'
      if (how === 'time') void killAfter(worker, random() * 800)
      if (how === 'push') void killAfterPush(server, worker)
      const { ends, killed } = await ended(worker)
      if (ends !== undefined) {
        const failed = ends.filter(({ phase }) => phase !== 'Succeeded')
        assert.deepEqual(failed, [], 'every Promotion succeeds')
        break
      }
      assert.ok(killed, 'the process ends only when it is done or killed')
      counts.kills += 1
      if (how === 'push') counts.afterPush += 1
      if (random() < 0.4) {
        counts.wipes += 1
        await spoil(join(data, 'workspaces'), random() < 0.5)
      }
    }
    const commits = await judge(server, stages, promotions)
    return { ...counts, commits, elapsedMs: Math.round(performance.now() - started) }
  } finally {
    await server.close()
    await rm(data, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** From the git server alone: as many commits as Promotions, each once, in order, and the files as they left them. */
async function judge(server: GitServer, stages: number, promotions: number): Promise<number> {
  const commits = await server.commits('deploy', 'main')
  const made = commits.slice(0, -1)
  const subjects = made.map(({ subject }) => subject)
  const expected = range(stages).flatMap((stage) =>
    range(promotions).map((promotion) => effectOf(stage, promotion).message),
  )
  assert.deepEqual([...subjects].sort(), [...expected].sort(), 'each Promotion is one commit')
  assert.ok(
    made.every(({ parents }) => parents.length === 1),
    'no merges',
  )
  for (const stage of range(stages)) {
    const own = subjects.filter((subject) => subject.startsWith(`promote ${stage}/`)).reverse()
    assert.deepEqual(
      own,
      range(promotions).map((promotion) => effectOf(stage, promotion).message),
      'in order',
    )
    const text = await server.readFile('deploy', 'main', effectOf(stage, 0).path)
    assert.match(text ?? '', new RegExp(`^version: ${promotions}\\b`))
  }
  assert.deepEqual(await server.branches('deploy'), ['main'])
  return made.length
}

interface End {
  readonly name: string
  readonly phase: string
  readonly message?: string
}

function startWorker(order: WorkerOrder): ChildProcess {
  return spawn(process.execPath, [workerFile, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // It is started over and over: what it compiled is kept.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'gantry-compile-cache') },
  })
}

/** Kills the process so long after its controllers began to work. */
async function killAfter(worker: ChildProcess, delayMs: number): Promise<void> {
  await new Promise((resolve) => worker.stdout?.once('data', resolve))
  await wait(delayMs)
  worker.kill('SIGKILL')
}

/** Kills the process in the moment in which a push has landed: what it did then cannot be on record yet. */
async function killAfterPush(server: GitServer, worker: ChildProcess): Promise<void> {
  const before = server.requests.length
  const landed = (): boolean =>
    server.requests
      .slice(before)
      .some(
        ({ service, phase, status }) =>
          service === 'git-receive-pack' && phase === 'rpc' && status === 200,
      )
  while (worker.exitCode === null && worker.signalCode === null && !landed()) await wait(1)
  worker.kill('SIGKILL')
}

async function ended(
  worker: ChildProcess,
): Promise<{ readonly ends: readonly End[] | undefined; readonly killed: boolean }> {
  let output = ''
  worker.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await new Promise((resolve) => worker.once('close', resolve))
  const line = output.split('\n').find((text) => text.startsWith('['))
  return {
    // Printed by `promotion-worker.ts` and by nothing else.
    ends: line === undefined ? undefined : (JSON.parse(line) as End[]),
    killed: worker.signalCode === 'SIGKILL',
  }
}

/** Removes the workspaces, or leaves rubbish in them. */
async function spoil(folder: string, wipe: boolean): Promise<void> {
  if (wipe) {
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    return
  }
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    () => [],
  ))
    if (entry.isFile() && entry.name.length % 2 === 0)
      await writeFile(join(entry.parentPath, entry.name), 'rubbish').catch(() => undefined)
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
