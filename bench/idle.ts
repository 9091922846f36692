// What Gantry uses while nothing changes: processor time of the whole process tree, writes and memory, with many Stages
// and 100 Warehouses that look every five minutes; beside an empty Gantry in the same minutes.
//
//   npm run bench -- idle [--stages 1000,10000] [--seconds 120] [--no-build]
//
// What is measured is what ships: the bundle in `dist/`, built first unless told not to.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Actor, adminActor } from '../src/core/actor.ts'
import { FreightKind } from '../src/core/kinds/freight.ts'
import type { KubeObject } from '../src/core/kinds/kind.ts'
import { parseManifest } from '../src/core/kinds/parse.ts'
import { StageKind } from '../src/core/kinds/stage.ts'
import { collectionFor, referenceTo } from '../src/core/policy/freight-collection.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { sources, steps } from '../src/plugins.gen.ts'
import { createAdmission } from '../src/runtime/admission/index.ts'
import { createAuthorizer } from '../src/runtime/authorizer.ts'
import { openHome } from '../src/serve/home.ts'
import type { Store } from '../src/store.ts'
import { pushSampleImage, startRegistry } from '../test/servers/registry.ts'
import { treeUsage } from './process-tree.ts'

const { values } = parseArgs({
  options: {
    stages: { type: 'string', default: '1000,10000' },
    'no-build': { type: 'boolean', default: false },
    seconds: { type: 'string', default: process.env['GANTRY_LONG'] === '1' ? '300' : '120' },
  },
})
const sizes = values.stages.split(',').map(Number)
const windowMs = Number(values.seconds) * 1000
const warehouseCount = 100
const wantedCpuPercent = 1
/** MiB, by the number of Stages. */
const wantedRss = new Map([
  [0, 200],
  [1000, 200],
  [10_000, 500],
])
const apiVersion = 'kargo.akuity.io/v1alpha1'
const stageNames = ['dev', 'test', 'uat', 'prod']
const root = join(import.meta.dirname, '..')
const main = join(root, 'dist/main.js')
const restore: Actor = { id: 'controller:restore', controlPlane: true, superuser: true }

if (!values['no-build']) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('the build failed')
}
const registry = await startRegistry()
for (let at = 0; at < warehouseCount; at++)
  await pushSampleImage(registry, `app/${at}`, '1.0.0', { content: String(at) })

const cases: { stages: number; folder: string; gantry: Gantry }[] = []
try {
  for (const stages of [0, ...sizes]) {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-idle-'))
    if (stages > 0) await prepare(folder, stages)
    cases.push({ stages, folder, gantry: await start(folder) })
  }
  for (const { gantry } of cases) await gantry.settle()
  const before = cases.map(({ gantry }) => gantry.look())
  const writesBefore = await Promise.all(cases.map(({ gantry }) => gantry.writes()))
  await wait(windowMs)
  const writesAfter = await Promise.all(cases.map(({ gantry }) => gantry.writes()))
  const results = cases.map(({ stages, gantry }, at) => {
    const [from, to] = [before[at], gantry.look()]
    const cpuPercent = ((to.cpuMs - (from?.cpuMs ?? 0)) / windowMs) * 100
    return {
      stages,
      warehouses: stages > 0 ? warehouseCount : 0,
      cpuPercent: Number(cpuPercent.toFixed(3)),
      statusWrites: (writesAfter[at] ?? 0) - (writesBefore[at] ?? 0),
      filesTouched: to.files !== from?.files,
      rssMiB: to.rssMiB,
      wantedRssMiB: wantedRss.get(stages),
      processes: to.processes,
    }
  })
  const [empty, ...filled] = results
  const ok = filled.every(
    ({ cpuPercent, statusWrites, filesTouched, rssMiB, wantedRssMiB }) =>
      cpuPercent < wantedCpuPercent &&
      statusWrites === 0 &&
      !filesTouched &&
      rssMiB < (wantedRssMiB ?? Infinity),
  )
  console.log(
    JSON.stringify({
      name: 'idle',
      windowSeconds: windowMs / 1000,
      wantedCpuPercent,
      empty,
      cases: filled.map((result) => ({
        ...result,
        cpuRatioToEmpty: ratio(result.cpuPercent, empty?.cpuPercent),
        rssRatioToEmpty: ratio(result.rssMiB, empty?.rssMiB),
      })),
      ok,
    }),
  )
  if (!ok) process.exitCode = 1
} finally {
  for (const { gantry } of cases) await gantry.stop()
  for (const { folder } of cases) rmSync(folder, { recursive: true, force: true })
  await registry.close()
}

function ratio(value: number, base: number | undefined): number {
  return Number((value / Math.max(base ?? 0, 0.001)).toFixed(2))
}

/** A data folder with Projects of 100 Stages in lines of four, whose Freight was found and promoted everywhere. */
async function prepare(folder: string, stages: number): Promise<void> {
  const projects = Math.max(1, Math.round(stages / 100))
  await withStore(folder, async (apply) => {
    for (let project = 0; project < projects; project++) {
      await apply({ apiVersion, kind: 'Project', metadata: { name: `p${project}` } })
      for (let at = project; at < warehouseCount; at += projects)
        await apply(warehouse(`p${project}`, at))
      for (let line = 0; line < 25; line++)
        for (const [depth, name] of stageNames.entries())
          await apply(stage(project, line, name, stageNames[depth - 1], projects))
    }
  })
  // Gantry itself finds the Freight and puts its finalizers on everything, and later takes in what was promoted.
  await runUntilQuiet(folder)
  await withStore(folder, (_apply, store) => promoteAll(store))
  await runUntilQuiet(folder)
}

async function runUntilQuiet(folder: string): Promise<void> {
  const gantry = await start(folder)
  await gantry.settle()
  await gantry.stop()
}

/** Warehouses are dealt to the Projects in turn; with more Projects than Warehouses some have none. */
function warehouse(namespace: string, at: number): object {
  const repoURL = `${registry.host}/app/${at}`
  return {
    apiVersion,
    kind: 'Warehouse',
    metadata: { name: `w${at}`, namespace },
    spec: { interval: '5m0s', subscriptions: [{ image: { repoURL, constraint: '^1.0.0' } }] },
  }
}

function stage(
  project: number,
  line: number,
  name: string,
  upstream: string | undefined,
  projects: number,
): object {
  const own = Math.ceil((warehouseCount - project) / projects)
  const origin = { kind: 'Warehouse', name: `w${project + (line % Math.max(1, own)) * projects}` }
  const sources = upstream === undefined ? { direct: true } : { stages: [`${upstream}-${line}`] }
  return {
    apiVersion,
    kind: 'Stage',
    metadata: { name: `${name}-${line}`, namespace: `p${project}` },
    spec: {
      requestedFreight: [{ origin, sources }],
      promotionTemplate: { spec: { steps: [{ uses: 'compose-output', config: { done: 'yes' } }] } },
    },
  }
}

/** Every Stage as it is after a promotion of its Warehouse's Freight; the controllers fill in the rest. */
async function promoteAll(store: Store): Promise<void> {
  const { items: freight } = await store.list(FreightKind)
  const { items } = await store.list(StageKind)
  for (const each of items) {
    const { namespace, name } = each.metadata
    const found = freight.find(
      ({ metadata, origin }) =>
        metadata.namespace === namespace &&
        origin.name === each.spec.requestedFreight[0]?.origin.name,
    )
    if (found === undefined) continue
    const reference = referenceTo(found)
    const freightCollection = collectionFor(each, reference)
    const at = '2026-01-01T00:00:00Z'
    const status = {
      lastPromotion: {
        name: `${name}.01kdaaaaaaaaaaaaaaaaaaaaaa.${found.metadata.name.slice(0, 7)}`,
        freight: reference,
        finishedAt: at,
        status: {
          phase: 'Succeeded',
          freight: reference,
          freightCollection,
          startedAt: at,
          finishedAt: at,
          currentStep: 0,
          stepExecutionMetadata: [
            { alias: 'step-1', startedAt: at, finishedAt: at, status: 'Succeeded' },
          ],
          state: { 'step-1': { done: 'yes' } },
        },
      },
      freightHistory: [freightCollection],
    }
    await store.updateStatus(
      StageKind,
      // Written as a restored dump would be: plain data, of the shape above.
      { ...each, status: { ...each.status, ...structuredClone(status) } } as typeof each,
      { actor: restore },
    )
  }
}

async function withStore(
  folder: string,
  work: (apply: (manifest: object) => Promise<KubeObject>, store: Store) => Promise<void>,
): Promise<void> {
  await using parts = new AsyncDisposableStack()
  const clock = systemClock
  const admission = createAdmission({
    clock,
    random: (bytes) => randomBytes(bytes),
    sources: new Map(sources.map((source) => [source.kind, source])),
    stepKinds: new Set(steps.map(({ kind }) => kind)),
    authorizer: createAuthorizer({ globalNamespaces: ['kargo'] }),
  })
  const home = await openHome(parts, {
    data: join(folder, 'data'),
    store: 'sqlite',
    env: environment(folder),
    clock,
    admission,
  })
  await work((manifest) => {
    const { kind, object } = parseManifest(manifest, { strict: true })
    return home.store.create(kind, object, { actor: adminActor })
  }, home.store)
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    XDG_CONFIG_HOME: join(folder, 'config'),
    GANTRY_ADMIN_TOKEN: 'idle-benchmark-token',
  }
}

interface Gantry {
  /** Resolves when nothing was written for ten seconds. */
  settle(): Promise<void>
  look(): { cpuMs: number; rssMiB: number; processes: number; files: string }
  /** Status writes of all controllers since the start. */
  writes(): Promise<number>
  stop(): Promise<void>
}

async function start(folder: string): Promise<Gantry> {
  const child = spawn(
    process.execPath,
    [main, 'up', '--data', join(folder, 'data'), '--port', '0'],
    { env: environment(folder), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const url = await addressOf(child)
  const files = (): string =>
    ['gantry.db', 'gantry.db-wal']
      .map((name) => statSync(join(folder, 'data', name), { throwIfNoEntry: false }))
      .map((stat) => `${stat?.size ?? 0}@${stat?.mtimeMs ?? 0}`)
      .join()
  return {
    async settle() {
      let seen = files()
      for (let quietMs = 0; quietMs < 10_000; quietMs += 500) {
        await wait(500)
        const now = files()
        if (now !== seen) quietMs = 0
        seen = now
      }
    },
    look: () => ({ ...treeUsage(child.pid ?? 0), files: files() }),
    async writes() {
      const headers = { authorization: 'Bearer idle-benchmark-token' }
      const text = await (await fetch(`${url}/metrics`, { headers })).text()
      return [...text.matchAll(/^gantry_status_writes\{.*\} (\d+)$/gm)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      )
    },
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const url = /listens on (\S+)/.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', (code) => reject(new Error(`gantry up ended with ${code}: ${said}`)))
  })
}
