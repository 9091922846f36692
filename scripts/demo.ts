// `npm run demo`: from a new image tag to commits in git, through three Stages, on loopback, with real protocols.
// `--exit --json` walks the same path unattended and prints what the git server holds at the end.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parse } from 'yaml'
import type { Freight } from '../src/core/kinds/freight.ts'
import { buildPageOnce } from './build-page.ts'
import { type Gantry, startGantry } from './demo/gantry.ts'
import { quickstartManifests } from './demo/manifests.ts'
import { type StageName, type World, gitRepo, stages, startWorld } from './demo/world.ts'

const unattended = process.argv.includes('--exit')
const asJson = process.argv.includes('--json')
const waitLimitMs = 60_000
const pollMs = 250
const firstTag = '1.2.0'
const newTag = '1.3.0'

const say = (line: string): void => {
  if (!asJson) process.stdout.write(`${line}\n`)
}

/** The part of the story that is being told, for an error that names what failed. */
let part = 'start'

const startedAt = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'gantry-demo-'))
// What is compiled for the next start would stay in the user's own cache.
process.env['XDG_CACHE_HOME'] = join(folder, 'cache')
const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]

const interrupted = untilInterrupted()
let isOver = false
void interrupted.then(() => (isOver = true))

try {
  const result = await Promise.race([tell(), interrupted])
  if (asJson && result !== undefined) process.stdout.write(`${JSON.stringify(result)}\n`)
  if (result === undefined) process.exitCode = 130
  else if (!unattended) await interrupted
} catch (thrown) {
  const error = thrown instanceof Error ? thrown.message : String(thrown)
  process.stderr.write(`demo: ${part} failed: ${error}\n`)
  if (asJson) process.stdout.write(`${JSON.stringify({ ok: false, failed: part, error })}\n`)
  process.exitCode = 1
} finally {
  for (const close of closers.reverse()) await close().catch(() => undefined)
}

async function tell() {
  part = 'starting the git server and the image registry'
  const world = await startWorld()
  closers.push(() => world.close())
  say(`A git server with a sample GitOps repository: ${world.git.repoURL(gitRepo)}`)
  say(`An image registry with a few tags:            ${world.registry.url}`)

  part = 'building the page'
  await buildPageOnce()

  part = 'starting gantry'
  const gantry = await startGantry(folder)
  closers.push(() => gantry.stop())
  say(`Gantry is up; the page (this link signs you in, once):\n\n  ${gantry.link}\n`)

  part = 'applying the manifests'
  await gantry.run(['apply', '-f', '-'], await quickstartManifests(world))
  say(
    'Applied examples/quickstart: a Project, a Warehouse, a PromotionTask and the Stages test -> uat -> prod.',
  )

  const first = await travel(gantry, world, firstTag, stages)
  part = `pushing ${newTag}`
  say(`\nNow somebody releases ${newTag}.`)
  await world.pushImage(newTag)
  await gantry.run(['refresh', 'warehouse', 'web'])
  const second = await travel(gantry, world, newTag, unattended ? stages : ['test'])

  part = 'reading the commits back from git'
  const commits = Object.fromEntries(
    await Promise.all(stages.map(async (stage) => [stage, await readStage(world, stage)])),
  )
  part = 'comparing git with what was promoted'
  if (unattended) for (const stage of stages) expectTag(stage, commits[stage], newTag)
  else {
    suggest(gantry, second)
    void gantry.ended.then(() => sayEnded(gantry))
  }
  return {
    ok: true,
    freight: [first, second].map(({ metadata, alias, images }) => ({
      name: metadata.name,
      alias,
      tag: images?.[0]?.tag,
    })),
    stages: commits,
    elapsedMs: Math.round(performance.now() - startedAt),
  }
}

/** Follows one version from the registry into the given Stages. */
async function travel(
  gantry: Gantry,
  world: World,
  tag: string,
  through: readonly StageName[],
): Promise<Freight> {
  part = `waiting for Freight of ${tag}`
  const freight = await until(async () => {
    const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
    return items.find(({ images }) => images?.[0]?.tag === tag)
  })
  const { name } = freight.metadata
  say(`Freight ${freight.alias ?? name} carries ${tag}.`)
  for (const stage of through) {
    part = `promoting ${tag} to ${stage}`
    if (stage !== 'test')
      await gantry.run(['promote', '--stage', stage, '--freight', name, '--wait'])
    await until(async () => {
      const { status } = await gantry.get<Freight>(['freight', name])
      return status?.verifiedIn?.[stage]
    })
    const { commit } = await readStage(world, stage)
    say(
      `  ${stage.padEnd(4)} has it${stage === 'test' ? ' (by itself)' : ''}: commit ${commit.slice(0, 7)}`,
    )
  }
  return freight
}

/** The newest commit of a Stage's branch, and the image that its overlay names: from the git server alone. */
async function readStage(
  world: World,
  stage: StageName,
): Promise<{ commit: string; image: string }> {
  const branch = `stage/${stage}`
  const [newest] = await world.git.commits(gitRepo, branch)
  const text = await world.git.readFile(gitRepo, branch, `stages/${stage}/kustomization.yaml`)
  const overlay: { images?: { name: string; newTag: string }[] } = parse(text ?? '')
  const image = overlay.images?.[0]
  return {
    commit: newest?.id ?? '',
    image: image === undefined ? '' : `${image.name}:${image.newTag}`,
  }
}

function expectTag(stage: StageName, found: { image: string } | undefined, tag: string): void {
  if (found?.image.endsWith(`:${tag}`)) return
  throw new Error(`the branch of ${stage} names ${found?.image ?? 'no image'}, not ${tag}`)
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const limit = performance.now() + waitLimitMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > limit)
      throw new Error(`nothing happened within ${waitLimitMs / 1000} seconds`)
    await wait(pollMs)
  }
}

function suggest(gantry: Gantry, freight: Freight): void {
  const alias = freight.alias ?? freight.metadata.name
  say(`
uat and prod wait for you. Promote on the page, or in another terminal:

  export XDG_CONFIG_HOME=${join(folder, 'config')} GANTRY_PROJECT=quickstart
  npm run --silent gantry -- explain stage prod --freight ${alias}
  npm run --silent gantry -- promote --stage uat --freight ${alias} --wait
  npm run --silent gantry -- get stages
  npm run --silent gantry -- link      # another link to the page

Gantry listens on ${gantry.url}. Ctrl-C ends everything and leaves nothing behind.`)
}

/** Whoever kills it wants to see what is left. */
function sayEnded({ data }: Gantry): void {
  if (isOver) return
  say(`
Gantry has ended; the git server and the registry go on. Start it where it was, with XDG_CONFIG_HOME as above:

  npm run --silent gantry -- up --data ${data}
`)
}

function untilInterrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => resolve(undefined))
  })
}
