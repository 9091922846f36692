import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FairKeys } from './fair-keys.ts'

const takeAll = (keys: FairKeys): string[] => {
  const taken: string[] = []
  for (let key = keys.take(); key !== undefined; key = keys.take()) taken.push(key)
  return taken
}

test('a namespace that has much to be done keeps no other waiting', () => {
  const keys = new FairKeys()
  for (const key of ['noisy/1', 'noisy/2', 'noisy/3', 'quiet/1', 'alone', 'noisy/4', 'quiet/2'])
    keys.add(key, 0)
  assert.deepEqual(takeAll(keys), [
    'noisy/1',
    'quiet/1',
    'alone',
    'noisy/2',
    'quiet/2',
    'noisy/3',
    'noisy/4',
  ])
})

test('every key is taken once, in order within its namespace, and after at most one of each other', () => {
  const key = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 30 }))
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), (pairs) => {
      const keys = new FairKeys()
      const given = pairs.map(([namespace, name]) => `n${namespace}/${name}`)
      for (const [at, each] of given.entries()) keys.add(each, at)
      const once = [...new Set(given)]
      assert.equal(keys.size, once.length)
      assert.deepEqual([...keys.entries()].map(([each]) => each).toSorted(byText), [...once].sort())
      for (const each of once) assert.ok(keys.has(each))
      const taken = takeAll(keys)
      assert.equal(keys.size, 0)
      assert.deepEqual(taken.toSorted(byText), [...once].sort())
      for (let namespace = 0; namespace <= 4; namespace += 1) {
        const own = (all: readonly string[]): string[] =>
          all.filter((each) => each.startsWith(`n${namespace}/`))
        assert.deepEqual(own(taken), own(once))
        // The n-th of a namespace comes after at most n of each other.
        for (const [nth, each] of own(taken).entries())
          assert.ok(taken.indexOf(each) < 5 * (nth + 1), each)
      }
    }),
  )
})

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
