import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../core/errors.ts'
import { adminSecrets } from './admin-secrets.ts'

const refused = (error: unknown): boolean => hasCode(error, 'BadRequest')

test('S12: without anything said the token is made of 256 random bits, and there is no password', () => {
  const made = Array.from({ length: 100 }, () => adminSecrets('127.0.0.1', {}, undefined))
  assert.equal(new Set(made.map(({ token }) => token)).size, made.length)
  for (const { token, password } of made) {
    assert.equal(Buffer.from(token, 'base64url').length, 32)
    assert.equal(password, undefined)
  }
})

test('S12: an empty variable is none: it never becomes a token or a password that anyone can say', () => {
  const env = { GANTRY_ADMIN_TOKEN: '', GANTRY_ADMIN_PASSWORD: '' }
  const { token, password } = adminSecrets('127.0.0.1', env, undefined)
  assert.equal(Buffer.from(token, 'base64url').length, 32)
  assert.equal(password, undefined)
  assert.throws(() => adminSecrets('0.0.0.0', env, undefined), refused)
})

test('a token that could be guessed, or that no header can carry, is refused', () => {
  for (const token of [
    'admin',
    'fifteen-letters',
    'sixteen letters with spaces',
    'tab\tor newline\n',
  ])
    assert.throws(
      () => adminSecrets('127.0.0.1', { GANTRY_ADMIN_TOKEN: token }, undefined),
      refused,
      token,
    )
})

test('what the environment says wins over the token of the last start', () => {
  const env = { GANTRY_ADMIN_TOKEN: 'sixteen-letters-' }
  assert.equal(adminSecrets('127.0.0.1', env, 'of the last start').token, 'sixteen-letters-')
  assert.equal(adminSecrets('127.0.0.1', {}, 'of the last start').token, 'of the last start')
})

test('where other machines can knock there has to be a password', () => {
  for (const host of ['0.0.0.0', '192.0.2.1', '::', 'gantry.example.com'])
    assert.throws(() => adminSecrets(host, {}, undefined), refused, host)
  const env = { GANTRY_ADMIN_PASSWORD: 'correct horse' }
  assert.equal(adminSecrets('0.0.0.0', env, undefined).password, 'correct horse')
})
