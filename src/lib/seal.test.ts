import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { tempFolder } from '../../test/contracts/sqlite-under-test.ts'
import { hasCode } from '../core/errors.ts'
import { openSealer } from './encryption-key.ts'
import { createSealer, isSealed } from './seal.ts'

const folder = tempFolder()
after(() => folder.remove())
const invalid = (thrown: unknown): boolean => hasCode(thrown, 'Invalid')
const one = createSealer(Buffer.alloc(32, 1), 'one')
const two = createSealer(Buffer.alloc(32, 2), 'two')

test('any text comes back as it was sealed, and is not in the sealed one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const sealed = one.seal(text)
      assert.equal(one.open(sealed), text.toWellFormed())
      assert.ok(isSealed(sealed) && !isSealed(text))
      if (text.length > 8) assert.ok(!sealed.includes(text))
    }),
  )
})

test('the same text is sealed differently each time', () => {
  assert.notEqual(one.seal('x'), one.seal('x'))
})

test('another key does not open it, and the sentence names both keys by their ids', () => {
  assert.notEqual(one.keyId, two.keyId)
  assert.throws(
    () => two.open(one.seal('x')),
    (thrown: Error) => {
      assert.ok(invalid(thrown))
      assert.ok(thrown.message.includes(one.keyId) && thrown.message.includes(two.keyId))
      return true
    },
  )
})

test('a sealed text that was changed in any place does not open', () => {
  const sealed = one.seal('the quick brown fox')
  fc.assert(
    fc.property(
      fc.nat({ max: sealed.length - 1 }),
      fc.constantFrom('A', 'b', '0', ':'),
      (at, by) => {
        const changed = sealed.slice(0, at) + by + sealed.slice(at + 1)
        // The last digit of base64 carries bits that mean nothing.
        if (changed === sealed || at === sealed.length - 1) return
        assert.throws(() => one.open(changed), invalid)
      },
    ),
    { numRuns: 300 },
  )
  for (const text of ['', 'x', sealed.slice(0, 30), `${sealed.split(':').slice(0, 3).join(':')}:`])
    assert.throws(() => one.open(text), invalid)
})

test('a key that is not 32 bytes long is refused', () => {
  for (const bytes of [0, 16, 31, 33])
    assert.throws(() => createSealer(Buffer.alloc(bytes), 'x'), invalid)
})

test('the first start makes a key for its owner only, and later ones find it', () => {
  const env = { XDG_CONFIG_HOME: join(folder.path, 'config') }
  const first = openSealer({ env })
  const file = join(folder.path, 'config/gantry/encryption.key')
  assert.equal(first.origin, file)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700)
  assert.equal(openSealer({ env }).open(first.seal('x')), 'x')
  chmodSync(file, 0o644)
  openSealer({ env })
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('without a config folder of its own the key is in the home folder', () => {
  const env = { HOME: join(folder.path, 'home') }
  openSealer({ env })
  assert.ok(existsSync(join(folder.path, 'home/.config/gantry/encryption.key')))
})

test('a key in the environment wins, in base64 or hex, and makes no file', () => {
  const key = Buffer.alloc(32, 5)
  const file = join(folder.path, 'never/made')
  const wanted = createSealer(key, 'x').keyId
  for (const text of [
    key.toString('base64'),
    key.toString('base64url'),
    key.toString('hex'),
    ` ${key.toString('hex')}\n`,
  ])
    assert.equal(openSealer({ env: { GANTRY_ENCRYPTION_KEY: text }, file }).keyId, wanted)
  assert.ok(!existsSync(file))
  for (const text of ['short', 'x'.repeat(43) + '!', '00'.repeat(31)])
    assert.throws(() => openSealer({ env: { GANTRY_ENCRYPTION_KEY: text }, file }), invalid)
})

test('a key file that holds no key, or cannot be read, is never replaced', () => {
  const file = join(folder.path, 'empty.key')
  writeFileSync(file, '')
  assert.throws(() => openSealer({ env: {}, file }), invalid)
  assert.equal(readFileSync(file, 'utf8'), '')
  rmSync(file)
  mkdirSync(file)
  assert.throws(
    () => openSealer({ env: {}, file }),
    (thrown) => hasCode(thrown, 'Unavailable'),
  )
})
