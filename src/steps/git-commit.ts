import { z } from 'zod'
import { GantryError } from '../core/errors.ts'
import { Author } from '../lib/git/author.ts'
import { commitAll } from '../lib/git/commit.ts'
import { openWorkTree, writeInfo } from '../lib/git/work-tree.ts'
import { defineStep } from '../step.ts'

export default defineStep({
  kind: 'git-commit',
  summary: 'Commit everything that changed in a git working tree.',
  effect: 'workspace',
  needs: ['git'],
  config: z.strictObject({
    path: z.string().min(1).describe('The working tree'),
    message: z.string().min(1).describe('The commit message'),
    author: Author.optional().describe('Deprecated: who commits; better set it in git-clone'),
  }),
  output: z.strictObject({
    commit: z.string().describe('The new commit; where nothing changed, the one that is there'),
  }),
  example: { path: './out', message: 'Update the image' },
  former: { messageFromSteps: 'write message, as in ${{ outputs.update.commitMessage }}' },
  sensitive: ['author.signingKey'],
  async run(ctx, { path, message, author }) {
    const tree = await openWorkTree(ctx.workspace, path)
    const { info, gitDir } = tree
    const person = author ?? info.author ?? ctx.git.identity
    // Whoever is named commits in their own name: they sign with their own key or not at all.
    const ownKey = author?.signingKey ? { key: author.signingKey } : undefined
    const signer = author === undefined ? (info.author ?? ctx.git.identity).signer : ownKey
    const { commit, isNew } = await commitAll(ctx.git, tree, {
      message,
      person,
      signer,
      atMs: ctx.pinnedAt,
      signal: ctx.signal,
    })
    if (commit === undefined) {
      throw new GantryError('Invalid', `there is nothing to commit in "${path}", and no commit yet`)
    }
    if (isNew && signer !== undefined) {
      await writeInfo(gitDir, { ...info, signed: [...info.signed, commit] })
    }
    return isNew
      ? { status: 'Succeeded', output: { commit } }
      : { status: 'Skipped', output: { commit }, message: 'there was nothing to commit' }
  },
})
