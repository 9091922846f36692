import { z } from 'zod'
import { updateMessage } from '../lib/yaml-edit/commit-message.ts'
import { OutOfRange } from '../lib/yaml-edit/out-of-range.ts'
import { readText } from '../lib/read-text.ts'
import { GantryError } from '../core/errors.ts'
import type { ScalarUpdate } from '../core/yaml.ts'
import { defineStep } from '../step.ts'

export default defineStep({
  kind: 'yaml-update',
  summary: 'Set values that a YAML file has already, and change nothing else in it.',
  effect: 'workspace',
  needs: ['yaml'],
  config: z.strictObject({
    path: z.string().min(1).describe('The YAML file; its first document is changed'),
    updates: z
      .array(
        z.strictObject({
          key: z
            .string()
            .min(1)
            .describe('Where: names and list positions with dots between, \\. for a dot in a name'),
          value: z.json().describe('The new value: a text, a number, true, false or null'),
        }),
      )
      .min(1)
      .describe('What to set'),
  }),
  output: z.strictObject({
    commitMessage: z.string().describe('A message for the commit that follows'),
  }),
  example: {
    path: './out/values.yaml',
    updates: [{ key: 'image.tag', value: 'v1.2.3' }],
  },
  async run(ctx, { path, updates }) {
    const scalars = updates.map(({ key, value }): ScalarUpdate => {
      if (typeof value !== 'object' || value === null) return { key, value }
      throw new GantryError('Invalid', `the value for "${key}" is not a scalar`)
    })
    const source = await readText(ctx.workspace, path)
    try {
      const edited = await ctx.yaml.setScalars(source, scalars, path, ctx.signal)
      await ctx.workspace.write(path, edited)
    } catch (error) {
      if (!(error instanceof OutOfRange)) throw error
      return { status: 'Errored', terminal: true, message: error.message }
    }
    return { status: 'Succeeded', output: { commitMessage: updateMessage(path, scalars) } }
  },
})
