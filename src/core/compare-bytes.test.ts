import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compareBytes } from './compare-bytes.ts'

test('texts compare as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
  assert.ok(compareBytes('\u{ffff}', '\u{10000}') < 0)
})

test('a text comes after what it begins with, and a surrogate after all that is written without', () => {
  assert.equal(compareBytes('a', 'ab'), -1)
  assert.equal(compareBytes('ab', 'a'), 1)
  assert.equal(compareBytes('', 'a'), -1)
  assert.equal(compareBytes('a', 'a'), 0)
  // The same first half of a pair, and the first and the last second half.
  assert.equal(compareBytes('\u{103ff}', '\u{10000}'), 1)
  assert.equal(compareBytes('\u{10000}', '\u{103ff}'), -1)
  for (const beyond of ['\u{10000}', '\u{10ffff}'])
    for (const within of ['\u{e000}', '\u{ffff}', '\u{d7ff}']) {
      assert.equal(compareBytes(beyond, within), 1)
      assert.equal(compareBytes(within, beyond), -1)
    }
})
