import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { KubeObject } from '../core/kinds/kind.ts'
import { Bucket } from './bucket.ts'

const object = (name: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name, resourceVersion: String(version) },
})

test('whatever is set and deleted, a bucket holds the same as a map, in order, and what was read stays', () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    remove: fc.boolean(),
    read: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const bucket = new Bucket()
      const model = new Map<string, KubeObject>()
      const reads: [readonly KubeObject[], readonly KubeObject[]][] = []
      for (const [version, { key, remove, read }] of changes.entries()) {
        const next = object(key, version)
        if (remove) bucket.delete(key)
        else bucket.set(key, next)
        if (remove) model.delete(key)
        else model.set(key, next)
        if (read) reads.push([bucket.read(), [...bucket.read()]])
      }
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
      assert.deepEqual(bucket.read(), expected)
      assert.equal(bucket.size, model.size)
      for (const [then, copy] of reads) assert.deepEqual(then, copy)
    }),
  )
})
