import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Step } from '../step.ts'

const guide = join(import.meta.dirname, '../../docs/guides/steps.md')

const Fence = z.strictObject({
  steps: z.array(
    z.strictObject({
      uses: z.string(),
      as: z.string().optional(),
      if: z.string().optional(),
      config: z.unknown(),
    }),
  ),
})

test('every step that the guide shows has a config that its schema takes', async () => {
  const text = await readFile(guide, 'utf8')
  const fences = [...text.matchAll(/^```yaml\n(.*?)^```$/gmsu)].map(([, yaml = '']) => yaml)
  assert.ok(fences.length >= 6)
  const shown = new Set<string>()
  for (const yaml of fences) {
    for (const { uses, config } of Fence.parse(parse(yaml)).steps) {
      const { default: step }: { default: Step } = await import(
        join(import.meta.dirname, `${uses}.ts`)
      )
      step.parse(config)
      shown.add(uses)
    }
  }
  assert.equal(shown.size, 13)
})
