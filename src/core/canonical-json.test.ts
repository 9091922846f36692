import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'

test('the order of keys makes no difference, at any depth', () => {
  const a = { b: [{ y: 1, x: null }], a: 'text', 2: true, 10: false }
  const b = { 10: false, a: 'text', b: [{ x: null, y: 1 }], 2: true }
  assert.equal(canonicalJson(a), canonicalJson(b))
  assert.equal(canonicalJson(a), '{"10":false,"2":true,"a":"text","b":[{"x":null,"y":1}]}')
})

test('absent and undefined members are the same', () => {
  assert.equal(canonicalJson({ a: undefined, b: [undefined] }), '{"b":[null]}')
})

test('it is JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
    }),
  )
})
