import { z } from 'zod'
import { GantryError, hasCode } from '../core/errors.ts'
import { compileGlob } from '../core/pattern.ts'
import { findGlob } from '../lib/glob.ts'
import { defineStep } from '../step.ts'

export default defineStep({
  kind: 'delete',
  summary: 'Delete files and folders; a link is deleted itself.',
  effect: 'workspace',
  config: z
    .strictObject({
      path: z.string().min(1).optional().describe('What to delete'),
      paths: z.array(z.string().min(1)).min(1).optional().describe('More than one thing to delete'),
      pathsAreGlobs: z
        .boolean()
        .optional()
        .describe('The paths are patterns: *, ?, [a-z], {a,b}, and ** for any folders'),
      strict: z.boolean().optional().describe('What is not there is an error'),
    })
    .refine(({ path, paths }) => (path === undefined) !== (paths === undefined), {
      message: 'Must validate one and only one schema (oneOf)',
      params: { rule: 'exactly one of path and paths must be set' },
    }),
  output: z.strictObject({}),
  example: { path: './out/old' },
  async run(ctx, { path, paths, pathsAreGlobs, strict }) {
    const { workspace, signal } = ctx
    const asked = paths ?? (path === undefined ? [] : [path])
    const targets = new Set<string>()
    for (const one of asked) {
      if (pathsAreGlobs !== true) {
        targets.add(one)
        continue
      }
      try {
        compileGlob(one)
      } catch (error) {
        if (!hasCode(error, 'Invalid')) throw error
        return { status: 'Errored', terminal: true, message: error.message }
      }
      const matches = await findGlob(workspace.root, one, signal)
      if (matches.length === 0 && strict === true) throw absent(one)
      for (const match of matches) targets.add(match)
    }
    for (const target of targets) {
      const isGone = await workspace.remove(target)
      if (!isGone && strict === true && pathsAreGlobs !== true) throw absent(target)
    }
    return { status: 'Succeeded' }
  },
})

function absent(path: string): GantryError {
  return new GantryError('NotFound', `cannot delete "${path}": there is nothing`)
}
