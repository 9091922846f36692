import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { cloneJson } from './clone-json.ts'
import { deepFreeze, isJsonObject, jsonEqual } from './json.ts'

/** JSON text in which equal values look the same: members by name, and none that is undefined. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isJsonObject(value)) return JSON.stringify(value) ?? 'null'
  const names = Object.keys(value).filter((name) => value[name] !== undefined)
  const members = names.sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${members.join()}}`
}

const anyName = fc.constantFrom('a', 'b', 'toString', '__proto__')
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, 1, '', 'a'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(anyName, fc.option(tie('value'), { nil: undefined })), { maxLength: 3 })
      .map((members) => Object.fromEntries(members)),
  ),
})).value

test('JSON values are equal when they say the same, in whatever order', () => {
  fc.assert(
    fc.property(anyJson, anyJson, (a, b) => {
      assert.equal(jsonEqual(a, b), canonical(a) === canonical(b))
      assert.equal(jsonEqual(a, cloneJson(a)), true)
    }),
    { numRuns: 2000 },
  )
  assert.equal(jsonEqual(JSON.parse('{"__proto__":{}}'), {}), false)
  assert.equal(jsonEqual({ a: undefined }, {}), true)
})

test('a frozen value is frozen to its last branch', () => {
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  fc.assert(fc.property(anyJson, (value) => assert.ok(isFrozen(deepFreeze(cloneJson(value))))))
})
