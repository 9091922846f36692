import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isJsonObject, type Json, jsonEqual } from '../core/json.ts'
import { mergePatch } from './merge-patch.ts'

/** RFC 7386, written once more from its text. */
const apply = (target: Json | undefined, patch: Json): Json => {
  if (!isJsonObject(patch)) return patch
  const result = isJsonObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (value !== undefined) result[key] = apply(result[key], value)
  }
  return result
}

const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom('', 'a', 'b'),
    fc.boolean(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('tree')),
  ),
}))
const object = fc.dictionary(fc.constantFrom('p', 'q', 'r', 's'), tree)

test('applying the patch of two objects to the first gives the second', () => {
  fc.assert(
    fc.property(object, object, (before, after) => {
      const patch = mergePatch(before, after)
      assert.equal(patch === undefined, jsonEqual(before, after))
      assert.ok(jsonEqual(apply(before, patch ?? {}), after))
    }),
    { numRuns: 500 },
  )
})

test('the patch names only what differs, so writers of other fields are not undone', () => {
  const before = { mine: { a: 1, b: 2 }, list: [1], theirs: { x: 1 } }
  const after = { mine: { a: 1, b: 3, c: undefined }, list: [1], theirs: { x: 1 } }
  assert.deepEqual(mergePatch(before, after), { mine: { b: 3 } })
})

test('equal objects have no patch, and undefined counts as absent', () => {
  assert.equal(mergePatch({ a: 1 }, { a: 1, b: undefined }), undefined)
  assert.deepEqual(mergePatch({ a: 1, b: 2 }, { a: 1, b: undefined }), { b: null })
})
