import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../core/errors.ts'
import { blame } from './blame.ts'

test('the address of a repository says nothing about what is wrong with it', () => {
  const url = 'https://git.example.com/tools/inflate.git'
  const told = `fatal: unable to access '${url}/': Failed to connect to git.example.com port 443`
  assert.ok(hasCode(blame('git fetch failed', told, { url }), 'Unreachable'))
  const damaged = 'error: inflate: data stream error (incorrect header check)'
  assert.ok(hasCode(blame('git fetch failed', damaged, { url }), 'Internal'))
})
