import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { sources } from '../src/plugins.gen.ts'

const guide = join(import.meta.dirname, '../docs/guides/sources.md')
const Fence = z.strictObject({ subscriptions: z.array(z.record(z.string(), z.unknown())) })

test('every subscription that the guide shows has no problems, and every source is shown', async () => {
  const text = await readFile(guide, 'utf8')
  const fences = [...text.matchAll(/^```yaml\n(.*?)^```$/gmsu)].map(([, yaml = '']) => yaml)
  const shown = new Set<string>()
  for (const { name: _name, ...typed } of fences.flatMap(
    (yaml) => Fence.parse(parse(yaml)).subscriptions,
  )) {
    for (const [kind, body] of Object.entries(typed)) {
      const source = sources.find((each) => each.kind === kind)
      assert.ok(source, kind)
      assert.ok(source.subscription.safeParse(body).success, kind)
      assert.deepEqual(source.check(body), [], kind)
      shown.add(kind)
    }
  }
  assert.deepEqual([...shown].sort(), sources.map(({ kind }) => kind).sort())
})
