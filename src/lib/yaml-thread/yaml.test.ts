import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { asGantryError, GantryError } from '../../core/errors.ts'
import type { ScalarUpdate } from '../../core/yaml.ts'
import { type ManifestDocument, readManifests } from '../manifest-yaml.ts'
import { systemClock } from '../system-clock.ts'
import { OutOfRange } from '../yaml-edit/out-of-range.ts'
import { createYaml, type Yaml } from './yaml.ts'

const numRuns = process.env['GANTRY_LONG'] === '1' ? 10_000 : 300

const here = createYaml({ clock: systemClock, inlineLength: Infinity })
const away = createYaml({ clock: systemClock, inlineLength: -1 })
test.after(async () => {
  await Promise.all([here.close(), away.close()])
})

/** Everything that a caller can see of what came of it. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await work }
  } catch (thrown) {
    return { error: visible(asGantryError(thrown)), isOutOfRange: thrown instanceof OutOfRange }
  }
}

function visible({ name, code, message, field, details, retryAfterMs }: GantryError): object {
  return { name, code, message, field, details, retryAfterMs }
}

async function all(yaml: Yaml, text: string): Promise<unknown[]> {
  const found: ManifestDocument[] = []
  for await (const some of yaml.manifests(text)) found.push(...some)
  return found.map(shown)
}

function shown(entry: ManifestDocument): object {
  return 'error' in entry ? { ...entry, error: visible(entry.error) } : entry
}

/** YAML, and what only looks like it. */
const key = fc.constantFrom('a', 'b', 'c', '"d"', '0', '__proto__', 'constructor', 'é')
const scalar = fc.oneof(
  fc.constantFrom(
    'x',
    '1',
    '010',
    '1.50',
    'yes',
    '~',
    '.inf',
    '-.nan',
    '-0',
    "'it''s'",
    '"\\ud800"',
  ),
  fc.constantFrom(
    '2001-12-14',
    '1:30',
    '!!str 1',
    '!!binary aGk=',
    '&n x',
    '*n',
    '|\n  t\n',
    '',
    '🦊',
  ),
)
const inline = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
  fc.tuple(key, scalar).map(([name, value]) => `{${name}: ${value}}`),
)
const line = fc.oneof(
  fc.tuple(key, inline).map(([name, value]) => `${name}: ${value}`),
  fc.tuple(key, key, inline).map(([one, two, value]) => `${one}:\n  ${two}: ${value}`),
  fc.tuple(key, inline).map(([name, value]) => `${name}:\n  - ${value}\n  - ${value} # c`),
  fc.constantFrom(
    '---',
    '...',
    '# c',
    '',
    '{{ .x }}',
    '\t',
    '- z',
    '? k',
    '"open',
    '%TAG',
    'kind: List',
  ),
  fc.string(),
)
const text = fc.array(line, { maxLength: 8 }).map((lines) => `${lines.join('\n')}\n`)
const path = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '0', '1', '9'), {
  minLength: 1,
  maxLength: 3,
})
const value = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null))
const updates: fc.Arbitrary<ScalarUpdate[]> = fc.array(
  fc.record({ key: path.map((parts) => parts.join('.')), value }),
  { minLength: 1, maxLength: 3 },
)

test('reading gives the same value or the same error here and on the thread', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (source) => {
      const [one, other] = [outcome(here.read(source, '"f"')), outcome(away.read(source, '"f"'))]
      assert.deepEqual(normal(await other), normal(await one))
    }),
    { numRuns },
  )
})

test('setting values gives the same text or the same error here and on the thread', async () => {
  await fc.assert(
    fc.asyncProperty(text, updates, async (source, changes) => {
      const one = await outcome(here.setScalars(source, changes, 'f'))
      assert.deepEqual(await outcome(away.setScalars(source, changes, 'f')), one)
    }),
    { numRuns },
  )
})

test('setting images gives the same text or the same error here and on the thread', async () => {
  const name = fc.constantFrom('app', 'db', 'x.io/web')
  const entry = fc.record({ name, newTag: fc.constantFrom('1.0', 'v2', '*', undefined) })
  const list = fc.array(entry, { maxLength: 3 })
  const source = fc.oneof(
    text,
    list.map(
      (old) => `images:\n${old.map((each) => `- name: ${each.name}\n  newTag: 0\n`).join('')}`,
    ),
  )
  await fc.assert(
    fc.asyncProperty(source, list, async (kustomization, targets) => {
      const one = await outcome(here.setImages(kustomization, targets, 'k'))
      assert.deepEqual(await outcome(away.setImages(kustomization, targets, 'k')), one)
    }),
    { numRuns },
  )
})

test('manifests are the same documents, errors and places here and on the thread', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 3 }), async (texts) => {
      const source = texts.join('---\n')
      const one = await outcome(all(here, source))
      assert.deepEqual(await outcome(all(away, source)), one)
    }),
    { numRuns },
  )
})

test('many documents come in pieces, in their order and whole', async () => {
  const source = Array.from({ length: 100 }, (_, at) => `n: ${at}\n`).join('---\n')
  const json = JSON.stringify(Array.from({ length: 100 }, (_, at) => ({ n: at })))
  for (const manifests of [source, json, `${json} # not JSON`])
    for (const yaml of [here, away]) {
      const pieces: number[] = []
      const found: ManifestDocument[] = []
      for await (const some of yaml.manifests(manifests)) {
        pieces.push(some.length)
        found.push(...some)
      }
      assert.deepEqual(found, readManifests(manifests))
      assert.ok(Math.max(...pieces) <= 16)
    }
})

test('an error that ends a step for good is still one when it comes from the thread', async () => {
  await assert.rejects(away.setScalars('a: [1]\n', [{ key: 'a.7', value: 2 }], 'f'), OutOfRange)
})

test('what is shared by aliases stays shared on its way, so a bomb stays as small as its text', async () => {
  const uses = Array.from({ length: 300 }, () => '*a').join(', ')
  const found = await away.read(`a: &a [1, 2, 3]\nb: [${uses}]\n`, 'f')
  const lists = Object.values(Object(found)).flat()
  assert.equal(new Set(lists.filter((each) => typeof each === 'object')).size, 1)
  const levels = Array.from(
    { length: 12 },
    (_, at) => `a${at}: &a${at} [${`*a${at - 1}, `.repeat(9)}]`,
  )
  const bomb = `a: &a-1 [x]\n${levels.join('\n')}\n`
  for (const yaml of [here, away]) await assert.rejects(yaml.read(bomb, 'f'), { code: 'Invalid' })
})

/** A binary value is a Buffer here and bytes there; both are read as the same list of numbers. */
function normal(found: unknown): unknown {
  if (found instanceof Uint8Array) return [...found]
  if (Array.isArray(found)) return found.map(normal)
  if (typeof found !== 'object' || found === null) return found
  return Object.entries(found).map(([name, child]) => [name, normal(child)])
}

test('S4: a short text with a great many changes is done by another thread', async () => {
  let threads = 0
  const yaml = createYaml({ clock: systemClock, onThread: () => (threads += 1) })
  const source = Array.from({ length: 700 }, (_, index) => `k${index}: v`).join('\n')
  const updates = Array.from({ length: 7000 }, (_, index) => ({ key: `k${index % 700}`, value: 1 }))
  await yaml.setScalars(source, updates.slice(0, 10), 'f')
  assert.equal(threads, 0)
  await yaml.setScalars(source, updates, 'f')
  assert.equal(threads, 1)
  await yaml.close()
})
