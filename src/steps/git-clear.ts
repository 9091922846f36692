import { z } from 'zod'
import { clearTree } from '../lib/git/commit.ts'
import { openWorkTree } from '../lib/git/work-tree.ts'
import { defineStep } from '../step.ts'

export default defineStep({
  kind: 'git-clear',
  summary: 'Remove every file from a git working tree, except those that git ignores.',
  effect: 'workspace',
  needs: ['git'],
  config: z.strictObject({ path: z.string().min(1).describe('The working tree') }),
  output: z.strictObject({}),
  example: { path: './out' },
  async run(ctx, { path }) {
    await clearTree(ctx.git, await openWorkTree(ctx.workspace, path), ctx.signal)
    return { status: 'Succeeded' }
  },
})
