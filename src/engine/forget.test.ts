import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GantryError } from '../core/errors.ts'
import { type Logger, silentLogger } from '../core/log.ts'
import { createBench } from '../../test/engine-kit.ts'

test('a folder that cannot be removed is said in the log, and keeps nothing from going on', async () => {
  const bench = await createBench({ steps: [], kinds: [] })
  const warnings: unknown[] = []
  const log: Logger = { ...silentLogger, warn: (_message, fields) => warnings.push(fields) }
  const workspaces = {
    ...bench.parts.workspaces,
    remove: () => Promise.reject(new GantryError('Unavailable', 'the disk is gone')),
  }
  await bench.engine({ log, workspaces }).forget('abc')
  assert.deepEqual(warnings, [{ uid: 'abc', error: 'the disk is gone' }])
})
