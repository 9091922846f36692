import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { widget, WidgetKind } from '../../../test/contracts/test-kinds.ts'
import { cloneJson } from '../../core/clone-json.ts'
import { Entry } from './entry.ts'
import { applyMergePatch } from './merge-patch.ts'
import { SortedKeys } from './sorted-keys.ts'
import { Table } from './table.ts'

test('a merge patch gives what RFC 7386 shows', () => {
  const cases: readonly (readonly [target: unknown, patch: unknown, result: unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, result] of cases)
    assert.deepEqual(applyMergePatch(target, patch), result)
})

test('a patch changes neither its target nor itself, and shares nothing with them', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
      const before = JSON.stringify([target, patch])
      const result = applyMergePatch(target, patch)
      scribble(result)
      assert.equal(JSON.stringify([target, patch]), before)
    }),
  )
})

test('a clone is what JSON would carry', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(JSON.stringify(cloneJson(value)), JSON.stringify(value))
    }),
  )
  const odd = { a: undefined, b: [undefined, Number.NaN], c: { d: undefined } }
  assert.equal(JSON.stringify(cloneJson(odd)), JSON.stringify(odd))
})

test('sorted keys stay sorted, whatever comes and goes, also in bulk', () => {
  const anyKey = fc.string({ maxLength: 3 })
  const anyStep = fc.tuple(fc.constantFrom('add', 'load', 'remove', 'read'), anyKey)
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), anyKey, (steps, from) => {
      const keys = new SortedKeys()
      const model = new Set<string>()
      for (const [verb, key] of steps) {
        if (verb === 'read') assert.deepEqual([...keys.from('')], [...model].sort(byUnits))
        else if (verb === 'remove') {
          keys.remove(key)
          model.delete(key)
        } else if (!model.has(key)) {
          if (verb === 'add') keys.add(key)
          else keys.addUnsorted(key)
          model.add(key)
        }
      }
      assert.equal(keys.size, model.size)
      assert.deepEqual([...keys.from(from)], [...model].filter((key) => key >= from).sort(byUnits))
    }),
  )
})

test('sorted keys of many chunks stay sorted', () => {
  const keys = new SortedKeys()
  const all = Array.from({ length: 5000 }, (_, at) => String((at * 7919) % 5000).padStart(4, '0'))
  for (const key of all.slice(0, 2000)) keys.addUnsorted(key)
  for (const key of all.slice(2000)) keys.add(key)
  for (const key of all.slice(1000, 3000)) keys.remove(key)
  const left = [...all.slice(0, 1000), ...all.slice(3000)].sort(byUnits)
  assert.deepEqual([...keys.from('')], left)
  for (const from of ['0000', '2500', '2501', '4999', '5'])
    assert.deepEqual(
      [...keys.from(from)],
      left.filter((key) => key >= from),
    )
})

test('an index of loaded entries is right whenever it is asked, however far the reading has come', () => {
  const anyStep = fc.tuple(
    fc.constantFrom('load', 'put', 'remove', 'catch up', 'ask'),
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.constantFrom('red', 'blue'),
  )
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const table = new Table(WidgetKind)
      const model = new Map<string, string>()
      for (const [verb, name, colour] of steps) {
        const body = JSON.stringify(widget(name, { spec: { colour, parts: [colour, colour] } }))
        const entry = new Entry(WidgetKind, { namespace: 'demo', name, seq: 1, body })
        if (verb === 'remove') {
          table.remove(entry.key)
          model.delete(name)
        } else if (verb === 'put' || (verb === 'load' && !model.has(name))) {
          if (verb === 'put') table.put(entry)
          else table.load(entry)
          model.set(name, colour)
        } else if (verb === 'catch up') table.catchUp(1)
        else if (verb === 'ask') {
          const found = [...table.select({ index: { name: 'colour', key: colour } })]
          const wanted = [...model].filter(([, known]) => known === colour)
          assert.deepEqual(
            found.map((one) => one.name),
            wanted.map(([known]) => known).sort(byUnits),
          )
        }
      }
    }),
  )
})

test('objects are found by namespace and name without being read', () => {
  const table = new Table(WidgetKind)
  for (const name of ['a', 'b'])
    table.load(new Entry(WidgetKind, { namespace: 'demo', name, seq: 1, body: 'unreadable' }))
  const after = table.get('demo\0a')?.key
  assert.equal([...table.select({})].length, 2)
  assert.deepEqual(
    [...table.select({ namespace: 'demo', after })].map(({ name }) => name),
    ['b'],
  )
  assert.throws(() => [...table.select({ labels: { matchLabels: { tier: 'front' } } })], {
    code: 'Unavailable',
  })
})

function byUnits(a: string, b: string): number {
  return a < b ? -1 : 1
}

/** Changes everything in a value that can be changed. */
function scribble(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, child] of Object.entries(value)) {
    scribble(child)
    Reflect.set(value, key, 'scribbled')
  }
}
