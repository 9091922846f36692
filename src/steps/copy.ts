import { z } from 'zod'
import { GantryError, hasCode } from '../core/errors.ts'
import { parseIgnore } from '../lib/glob.ts'
import { defineStep } from '../step.ts'

export default defineStep({
  kind: 'copy',
  summary: 'Copy a file, or merge a folder into another.',
  effect: 'workspace',
  config: z.strictObject({
    inPath: z.string().min(1).describe('File or folder to copy'),
    outPath: z.string().min(1).describe('Where it goes'),
    ignore: z
      .string()
      .min(1)
      .optional()
      .describe('What to leave out, as lines of a .gitignore file'),
  }),
  output: z.strictObject({}),
  example: { inPath: './base', outPath: './out/base' },
  async run(ctx, { inPath, outPath, ignore }) {
    try {
      await ctx.workspace.copy(inPath, outPath, {
        skips: ignore === undefined ? undefined : parseIgnore(ignore),
        signal: ctx.signal,
      })
    } catch (cause) {
      if (!hasCode(cause, 'NotFound')) throw cause
      throw new GantryError(
        'NotFound',
        `failed to copy "${inPath}" to "${outPath}": ${cause.message}`,
        {
          cause,
        },
      )
    }
    return { status: 'Succeeded' }
  },
})
