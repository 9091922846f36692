/**
 * What every promotion step must do, whatever its kind. A new step gets a `StepCase` and runs through all of it:
 * `testStep` is called for each file of `src/steps/`.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import { hasCode } from '../../src/core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts'
import type { Step } from '../../src/step.ts'
import { makeStepBench, type StepBench } from '../step-bench.ts'

export interface StepCase {
  /** A config that works in the workspace that `prepare` makes. */
  config(place: StepPlace): JsonObject
  /** Makes what the config needs: files, checkouts, servers. Also run before a replay, so it must repeat itself. */
  prepare?(place: StepPlace): Promise<void>
  /** The statuses that the config may end in; default only Succeeded. */
  readonly statuses?: readonly string[]
  /** Remote steps: makes the next run take effect and then lose its answer. */
  loseAnswer?(place: StepPlace): void
  /** Remote steps: how often the effect is there, asked of the world outside. */
  countEffects?(place: StepPlace): Promise<number>
  /** Remote steps whose other side cannot be asked: after a lost answer they say so instead of finding. */
  readonly cannotAsk?: boolean
}

export interface StepPlace {
  readonly t: TestContext
  readonly bench: StepBench
  /** Of this place alone, for what `prepare` must make only once. */
  readonly shared: Map<string, unknown>
}

export function testStep(step: Step, own: StepCase): void {
  test(`${step.kind}: its example parses and its schemas convert`, () => {
    step.parse(step.example)
    assert.match(step.summary, /^[A-Z].*\.$/u)
    for (const io of ['input', 'output'] as const) {
      const schema = z.toJSONSchema(step.config, { io })
      assert.equal(schema.type, 'object')
    }
    assert.ok(z.toJSONSchema(step.output))
    const described = JSON.stringify(z.toJSONSchema(step.config))
    for (const path of step.sensitive) {
      const last = path.split('.').at(-1) ?? ''
      assert.ok(described.includes(`"${last}"`), `sensitive ${path} is no field`)
    }
  })

  test(`${step.kind}: a config that is none fails with the kind's name`, () => {
    for (const config of [null, 'text', [], 7]) {
      assert.throws(
        () => step.parse(config),
        (error) =>
          hasCode(error, 'Invalid') && error.message.startsWith(`invalid ${step.kind} config: `),
      )
    }
  })

  test(`${step.kind}: it ends as it should, with an output of its schema`, async (t) => {
    const place = await makePlace(t)
    await own.prepare?.(place)
    const result = await place.bench.run(step, own.config(place))
    assert.ok((own.statuses ?? ['Succeeded']).includes(result.status), JSON.stringify(result))
    if (result.output !== undefined) step.output.parse(result.output)
    JSON.stringify(result)
  })

  if (step.effect === 'workspace') {
    test(`${step.kind}: a replay gives the same workspace and the same result`, async (t) => {
      const place = await makePlace(t)
      await own.prepare?.(place)
      const config = own.config(place)
      const first = await place.bench.run(step, config)
      const expected = await hashFolder(place.bench.root)
      await place.bench.renew()
      await own.prepare?.(place)
      const again = await place.bench.run(step, config, { replay: true })
      assert.deepEqual(again, first)
      assert.equal(await hashFolder(place.bench.root), expected)
    })
  }

  if (step.effect === 'remote') {
    test(`${step.kind}: after a lost answer it is not done twice`, async (t) => {
      const place = await makePlace(t)
      await own.prepare?.(place)
      const config = own.config(place)
      assert.ok(step.find !== undefined, 'a remote step can find its effect')
      assert.ok(step.plan !== undefined, 'a remote step can plan')
      assert.deepEqual(await place.bench.find(step, config), { state: 'absent' })
      const before = (await own.countEffects?.(place)) ?? 0
      const plan = await step.plan(place.bench.context(), config)
      assert.notEqual(plan.summary, '')
      assert.equal(await own.countEffects?.(place), before, 'a plan changes nothing')

      own.loseAnswer?.(place)
      await place.bench.run(step, config).catch(() => undefined)
      assert.equal(await own.countEffects?.(place), before + 1)
      const found = await place.bench.find(step, config)
      assert.equal(found.state, own.cannotAsk === true ? 'unknown' : 'found')
      if (found.state === 'found' && found.result.output !== undefined) {
        step.output.parse(found.result.output)
      }
      assert.equal(await own.countEffects?.(place), before + 1)
    })
  }

  test(`${step.kind}: no path leads out of the workspace`, async (t) => {
    const place = await makePlace(t)
    await own.prepare?.(place)
    const outside = join(place.bench.folder, 'outside')
    await mkdir(outside)
    const canary = 'canary-0c0ffee'
    await writeFile(join(outside, 'secret.yaml'), `key: ${canary}\n`)
    const before = await hashFolder(outside)
    const config = own.config(place)
    for (const [index, path] of pathFields(config).entries()) {
      const link = `link-${index}`
      await symlink(outside, join(place.bench.root, link))
      for (const bad of escapes(outside, link)) {
        const changed = replaceAt(config, path, bad)
        const result = await place.bench.run(step, changed).catch((error: unknown) => error)
        assert.equal(await hashFolder(outside), before, `${path.join('.')} = ${bad}`)
        assert.ok(!JSON.stringify(result ?? null).includes(canary), `${path.join('.')} = ${bad}`)
        assert.ok(!(await contains(place.bench.root, canary)), `${path.join('.')} = ${bad}`)
      }
    }
  })
}

async function makePlace(t: TestContext): Promise<StepPlace> {
  return { t, bench: await makeStepBench(t), shared: new Map() }
}

function escapes(outside: string, link: string): string[] {
  return [
    `${outside}/secret.yaml`,
    outside,
    `../../../../../../../../../../..${outside}/secret.yaml`,
    `a/../../../../../../../../../..${outside}`,
    `${link}/secret.yaml`,
    link,
    `${link}/new.yaml`,
    `./${link}/../${link}/secret.yaml`,
    `%2e%2e/${link}`,
    `file://${outside}/secret.yaml`,
    'a\0b',
    '.git/config',
  ]
}

type Path = readonly (string | number)[]

/** The places in a config that hold paths of the workspace: by the names that steps give such fields. */
function pathFields(value: Json | undefined, at: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => pathFields(item, [...at, index]))
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([key, child]) => pathFields(child, [...at, key]))
  }
  const name = at.findLast((part) => typeof part === 'string')
  const isPath = typeof name === 'string' && /path|file$|files$/iu.test(name)
  return typeof value === 'string' && isPath ? [at] : []
}

function replaceAt(value: Json | undefined, path: Path, replacement: string): Json {
  const [head, ...rest] = path
  if (head === undefined) return replacement
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === head ? replaceAt(item, rest, replacement) : item))
  }
  if (!isJsonObject(value)) return replacement
  return { ...value, [head]: replaceAt(value[head], rest, replacement) }
}

/** A digest of every path, mode, link and content below a folder. */
export async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const full = join(folder, path)
    const entry = await lstat(full)
    hash.update(`${path}\0${entry.isDirectory() ? 'folder' : (entry.mode & 0o777).toString(8)}\0`)
    if (entry.isSymbolicLink()) hash.update(await readlink(full))
    if (entry.isFile()) hash.update(await readFile(full))
  }
  return hash.digest('hex')
}

async function contains(folder: string, text: string): Promise<boolean> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    if ((await readFile(join(entry.parentPath, entry.name))).includes(text)) return true
  }
  return false
}
