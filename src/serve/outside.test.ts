import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SecretKind } from '../core/kinds/secret.ts'
import { silentLogger } from '../core/log.ts'
import { createRedactor } from '../core/redact.ts'
import { systemClock } from '../lib/system-clock.ts'
import { createMemoryStore } from '../stores/memory.ts'
import { capabilitiesOfSteps, toolsOfSources } from './controllers.ts'
import { openOutside } from './outside.ts'

test('steps and sources are handed what they may have, and nothing behind it', async (t) => {
  const dataPath = await mkdtemp(join(tmpdir(), 'gantry-outside-'))
  await using parts = new AsyncDisposableStack()
  t.after(() => rm(dataPath, { recursive: true, force: true, maxRetries: 3 }))
  const outside = await openOutside(parts, {
    dataPath,
    host: '127.0.0.1',
    env: {},
    clock: systemClock,
    log: silentLogger,
    redactor: createRedactor(),
    store: createMemoryStore({ kinds: [SecretKind], clock: systemClock }),
    sharedNamespace: 'shared',
  })
  const handed = (given: object): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries(given).map(([name, part]) => [name, Object.keys(Object(part)).toSorted()]),
    )
  const { git, ...plain } = handed(capabilitiesOfSteps(outside))
  assert.deepEqual(plain, { credentials: ['find'], http: ['fetch'] })
  assert.ok(git?.includes('borrow') && !git.includes('close'))
  const { settings: _, ...sources } = handed(toolsOfSources(outside, {}))
  assert.deepEqual(sources, {
    cache: ['get', 'put'],
    credentials: ['find'],
    documents: ['read'],
    http: ['fetch'],
    mirrors: ['look', 'open', 'refs'],
    registries: ['open'],
  })
})
