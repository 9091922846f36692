// Git discovery: one push seen by N Warehouses on one repository, in one Project and in as many Projects, memory for many
// Warehouses, and mirrors of a large repository; each against the naive way, a clone per subscription, in the same run.
//
//   npm run bench -- discovery-git [--warehouses 1,57,500] [--projects 500] [--commits 15000] [--memory 1000]
//     [--files 50000] [--megabytes 500]
//
// The server and the proxy that adds 20 ms to every round trip run in this process too, so their work counts as well.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { startDelayProxy } from '../test/servers/delay-proxy.ts'
import { startGitServer } from '../test/servers/git-server.ts'
import { folderBytes, fillRepository } from './discovery/large-repository.ts'
import { isReady, openDiscoveryHome, project, warehouse } from './discovery/home.ts'

const roundTripMs = 20
const wantedMs = new Map([
  [1, 1000],
  [57, 2000],
  [500, 5000],
])
const run = promisify(execFile)

export interface GitOptions {
  readonly warehouses: readonly number[]
  /** Projects with a Warehouse each, all on one repository. */
  readonly projects: readonly number[]
  readonly commits: number
  /** Warehouses whose memory is measured; 0 leaves that out. */
  readonly memory: number
  /** Of the large repository; 0 leaves it out. */
  readonly files: number
  readonly megabytes: number
}

export const defaults: GitOptions = {
  warehouses: [1, 57, 500],
  projects: [500],
  commits: 15_000,
  memory: 1000,
  files: 50_000,
  megabytes: 500,
}

export async function runGit(options: Partial<GitOptions> = {}): Promise<object> {
  const { warehouses, projects, commits, memory, files, megabytes } = { ...defaults, ...options }
  const pushes = []
  for (const count of warehouses) pushes.push(await onePush(count, 1, commits))
  for (const count of projects) pushes.push(await onePush(count, count, commits))
  return {
    name: 'discovery-git',
    roundTripMs,
    commits,
    pushes,
    ...(memory > 0 && { memory: await memoryOf(memory) }),
    ...(files > 0 && { large: await largeRepository(files, megabytes) }),
    ok: pushes.every(({ ok }) => ok),
  }
}
export { runGit as run }

async function onePush(count: number, projects: number, history: number) {
  const server = await startGitServer()
  const proxy = await startDelayProxy({ targetPort: server.port, roundTripMs })
  const home = await openDiscoveryHome()
  try {
    const url = proxy.through(await server.createRepo('app', { 'app.yaml': '0' }, { history }))
    const names = Array.from({ length: projects }, (_, index) => `p${index}`)
    await home.apply(names.map(project))
    const git = { repoURL: url, branch: 'main' }
    const at = Array.from({ length: count }, (_, index) => ({
      namespace: names[index % projects] ?? '',
      name: `w${index}`,
    }))
    await home.apply(at.map(({ namespace, name }) => warehouse(namespace, name, [{ git }])))
    await home.until(count, isReady)
    await home.refresh(at)
    const id = await server.commit('app', 'main', { 'app.yaml': '1' })
    server.requests.length = 0
    const times = await home.refresh(at)
    const seen = (now: Parameters<typeof isReady>[0]): boolean =>
      JSON.stringify(now.status?.discoveredArtifacts ?? {}).includes(id)
    await home.until(count, seen)
    const ms = Math.max(...times)
    const phases = (phase: string): number =>
      server.requests.filter((request) => request.phase === phase).length
    const fetches = phases('rpc')
    // Each fetch lists the refs once more.
    const lists = phases('refs') - fetches
    const naive = await clones(url, Math.min(count, 4))
    const naiveMs = (naive.ms / naive.count) * count
    const limitMs = wantedMs.get(count)
    return {
      warehouses: count,
      projects,
      ms: Math.round(ms),
      limitMs,
      fetches,
      lists,
      naive: { clones: naive.count, estimatedMs: Math.round(naiveMs) },
      timesFaster: Number((naiveMs / ms).toFixed(1)),
      ok: fetches === 1 && ms < (limitMs ?? Infinity),
    }
  } finally {
    await home.close()
    await proxy.close()
    await server.close()
  }
}

/** The naive way: so many clones of one branch, four at a time. */
async function clones(url: string, count: number): Promise<{ ms: number; count: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-clones-'))
  const began = performance.now()
  const clone = (index: number): Promise<unknown> =>
    run('git', [
      'clone',
      '-q',
      '--bare',
      '--single-branch',
      '--no-tags',
      url,
      join(folder, String(index)),
    ])
  await Promise.all(Array.from({ length: count }, (_, index) => clone(index)))
  const ms = performance.now() - began
  rmSync(folder, { recursive: true, force: true })
  return { ms, count }
}

/** Ten repositories, each watched by a tenth of the Warehouses. */
async function memoryOf(count: number): Promise<object> {
  const server = await startGitServer()
  const home = await openDiscoveryHome()
  try {
    const urls: string[] = []
    for (let n = 0; n < 10; n += 1) {
      urls.push(await server.createRepo(`r${n}`, { f: '1' }, { history: 50 }))
    }
    await home.apply([project('demo')])
    const before = process.memoryUsage().rss
    const subscriptions = (n: number): object[] => [{ git: { repoURL: urls[n % 10] } }]
    await home.apply(
      Array.from({ length: count }, (_, n) => warehouse('demo', `w${n}`, subscriptions(n))),
    )
    await home.until(count, isReady)
    const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024)
    const rss = process.memoryUsage().rss
    return { warehouses: count, rssMiB: mib(rss), grewMiB: mib(rss - before) }
  } finally {
    await home.close()
    await server.close()
  }
}

async function largeRepository(files: number, megabytes: number): Promise<object> {
  const server = await startGitServer()
  const home = await openDiscoveryHome()
  try {
    const repoURL = await server.createRepo('large')
    await fillRepository(join(server.folder, 'large.git'), files, megabytes * 1024 * 1024)
    const mirrors = join(home.folder, 'data', 'mirrors')
    const look = async (blobless: boolean): Promise<{ ms: number; mirrorMiB: number }> => {
      const id = (await server.git('large', 'rev-parse', 'main')).trim()
      const { signal } = new AbortController()
      const began = performance.now()
      const request = { project: 'demo', repoURL, insecureSkipTLSVerify: false, signal }
      const lease = await home.outside.mirrors.open({ ...request, wanted: [id], blobless })
      await lease.git(['log', '-20', '--format=%H', '--name-only', '--no-renames', id], { signal })
      await lease.release()
      const ms = Math.round(performance.now() - began)
      return { ms, mirrorMiB: Math.round((await folderBytes(mirrors)) / 1024 / 1024) }
    }
    const coldBlobless = await look(true)
    const cold = await look(false)
    const same = await look(false)
    await server.commit('large', 'main', { 'dir0/file0.bin': 'changed' })
    const warm = await look(false)
    const naive = await clones(repoURL, 1)
    return {
      files,
      megabytes,
      coldBlobless,
      cold,
      unchanged: same,
      warm,
      naive: { cloneMs: Math.round(naive.ms) },
      warmTimesFaster: Number((naive.ms / warm.ms).toFixed(1)),
    }
  } finally {
    await home.close()
    await server.close()
  }
}

if (process.argv[1] === import.meta.filename) {
  const text = (value: unknown): { type: 'string'; default: string } => ({
    type: 'string',
    default: String(value),
  })
  const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number)
  const { values } = parseArgs({
    options: {
      warehouses: text(defaults.warehouses),
      projects: text(defaults.projects),
      commits: text(defaults.commits),
      memory: text(defaults.memory),
      files: text(defaults.files),
      megabytes: text(defaults.megabytes),
    },
  })
  const result = await runGit({
    warehouses: numbers(values.warehouses),
    projects: numbers(values.projects),
    commits: Number(values.commits),
    memory: Number(values.memory),
    files: Number(values.files),
    megabytes: Number(values.megabytes),
  })
  console.log(JSON.stringify(result))
  if (!('ok' in result && result.ok === true)) process.exitCode = 1
}
