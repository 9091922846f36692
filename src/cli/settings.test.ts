import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeTempFolder } from '../../test/temp-folder.ts'
import { readSettings, rememberServer } from './settings.ts'

test('where nothing was remembered yet there are no settings, and what is remembered adds to them', async () => {
  const env = { XDG_CONFIG_HOME: makeTempFolder('settings') }
  assert.deepEqual((await readSettings(env)).tokens, {})
  await rememberServer(env, 'http://one', 'first')
  await rememberServer(env, 'http://two', 'second')
  const { current, tokens } = await readSettings(env)
  assert.equal(current, 'http://two')
  assert.deepEqual(tokens, { 'http://one': 'first', 'http://two': 'second' })
})

test('settings that are there and cannot be read are not written over', async () => {
  const folder = makeTempFolder('settings')
  const env = { XDG_CONFIG_HOME: folder }
  // Whoever runs the tests may read every file, but nobody reads a folder as one.
  await mkdir(join(folder, 'gantry', 'servers.json'), { recursive: true })
  await assert.rejects(rememberServer(env, 'http://one', 'first'), { code: 'Unavailable' })
  await assert.rejects(readFile(join(folder, 'gantry', 'servers.json')), { code: 'EISDIR' })
})
