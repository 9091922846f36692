/**
 * What a promotion costs: clone, edit, commit and push through the whole of Gantry (store, controllers, gates, engine,
 * every write durable), against the same git commands spawned one after the other. Once far away (every round trip
 * 20 ms more, 15,000 commits; Gantry warm, so its mirror is there), once near (no latency, a tiny repository). Each side
 * has a repository of its own with the same content; with `--shared` both push to one branch, so that Gantry finds another
 * writer's commit every time (reported, without limits). Interleaved, medians. Prints JSON; exits 1 when a limit is
 * missed.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isTerminal, PromotionKind } from '../src/core/kinds/promotion.ts'
import type { Store } from '../src/store.ts'
import {
  addFreight,
  addPromotion,
  addStage,
  openProcess,
  type PromotionProcess,
} from '../test/crash/promotion-process.ts'
import { startDelayProxy } from '../test/servers/delay-proxy.ts'
import { type GitServer, startGitServer } from '../test/servers/git-server.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '15' },
    commits: { type: 'string', default: '15000' },
    'round-trip': { type: 'string', default: '20' },
    shared: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const limits = { far: 0.7, near: 1.3 }

interface Outcome {
  readonly gantryMs: number
  readonly scriptMs: number
  readonly ratio: number
  readonly limit: number | undefined
  readonly runs: number
}

/** One repository for each side, or one for both. */
interface Repositories {
  readonly stage: string
  readonly gantryURL: string
  readonly scriptURL: string
}

async function measure(
  gantry: PromotionProcess,
  { stage, gantryURL, scriptURL }: Repositories,
  limit: number,
): Promise<Outcome> {
  const mine: number[] = []
  const theirs: number[] = []
  // The first of each is not counted: it fills the mirror, and git's own files into the memory of the machine.
  for (let run = 0; run <= runs; run++) {
    const ours = await timed(() => promote(gantry.store, stage, gantryURL, run))
    const script = await timed(() => runScript(scriptURL, run))
    if (run === 0) continue
    mine.push(ours)
    theirs.push(script)
  }
  const gantryMs = median(mine)
  const scriptMs = median(theirs)
  const ratio = Math.round((gantryMs / scriptMs) * 1000) / 1000
  return { gantryMs, scriptMs, ratio, limit: values.shared ? undefined : limit, runs }
}

/** Makes the repositories of one comparison, through `to` (the way to the server). */
async function prepare(
  server: GitServer,
  stage: string,
  history: number,
  to: (url: string) => string,
): Promise<Repositories> {
  const files = { 'version.yaml': 'version: 0\n', 'README.md': '# Deployments\n' }
  const gantryURL = to(await server.createRepo(stage, files, { history }))
  const scriptURL = values.shared
    ? gantryURL
    : to(await server.createRepo(`${stage}-script`, files, { history }))
  return { stage, gantryURL, scriptURL }
}

/** Both sides have done all of their work, or the comparison means nothing. */
async function check(server: GitServer, stage: string, before: number): Promise<void> {
  const repos = values.shared ? [stage] : [stage, `${stage}-script`]
  const counts = await Promise.all(
    repos.map(async (repo) => (await server.commits(repo, 'main')).length - before),
  )
  const made = counts.reduce((sum, count) => sum + count, 0)
  if (made !== 2 * (runs + 1)) throw new Error(`${stage}: ${made} commits were made`)
}

/** From the wish to its end: the Promotion is created, and its terminal phase is seen. */
async function promote(store: Store, stage: string, repoURL: string, run: number): Promise<void> {
  const name = `${stage}.${String(run).padStart(6, '0')}`
  const stop = new AbortController()
  const { resourceVersion } = await store.list(PromotionKind, { namespace: 'demo', limit: 1 })
  const changes = store.watch(PromotionKind, { namespace: 'demo', resourceVersion }, stop.signal)
  await addPromotion(
    store,
    { name, stage, freight: 'f1' },
    {
      repoURL,
      path: 'version.yaml',
      text: `version: promotion ${run}\n`,
      message: `promotion ${run}`,
    },
  )
  for await (const change of changes) {
    if (change.type !== 'MODIFIED' || change.object.metadata.name !== name) continue
    const { status } = change.object
    if (!isTerminal(status?.phase)) continue
    stop.abort()
    if (status?.phase !== 'Succeeded')
      throw new Error(`${name}: ${status?.phase ?? ''} ${status?.message ?? ''}`)
    return
  }
}

/** The same by hand. */
async function runScript(repoURL: string, run: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-script-'))
  const checkout = join(folder, 'checkout')
  await git(['clone', '-q', repoURL, checkout])
  await writeFile(join(checkout, 'version.yaml'), `version: script ${run}\n`)
  await git(['-C', checkout, 'add', '.'])
  await git(['-C', checkout, 'commit', '-q', '-m', `script ${run}`])
  await git(['-C', checkout, 'push', '-q', 'origin', 'HEAD:main'])
  await rm(folder, { recursive: true, force: true })
}

function git(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        HOME: '/nonexistent',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_NAME: 'Script',
        GIT_AUTHOR_EMAIL: 'script@example.com',
        GIT_COMMITTER_NAME: 'Script',
        GIT_COMMITTER_EMAIL: 'script@example.com',
      },
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`git ${args.join(' ')}: exit ${code}`)),
    )
  })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return Math.round((performance.now() - started) * 10) / 10
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

const data = await mkdtemp(join(tmpdir(), 'gantry-bench-'))
const server = await startGitServer()
const gantry = await openProcess(data)
const proxy = await startDelayProxy({
  targetPort: server.port,
  roundTripMs: Number(values['round-trip']),
})
try {
  await addFreight(gantry.store, 'f1')
  for (const stage of ['far', 'near']) await addStage(gantry.store, stage)
  await gantry.start()
  const history = Number(values.commits)
  const far = await measure(
    gantry,
    await prepare(server, 'far', history, (url) => proxy.through(url)),
    limits.far,
  )
  await check(server, 'far', history + 1)
  const near = await measure(gantry, await prepare(server, 'near', 0, (url) => url), limits.near)
  await check(server, 'near', 1)
  const ok = values.shared || (far.ratio < limits.far && near.ratio <= limits.near)
  process.stdout.write(`${JSON.stringify({ benchmark: 'promotion', ok, far, near }, null, 2)}\n`)
  process.exitCode = ok ? 0 : 1
} finally {
  await gantry.stop()
  await proxy.close()
  await server.close()
  await rm(data, { recursive: true, force: true, maxRetries: 5 })
}
