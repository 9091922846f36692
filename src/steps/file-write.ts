import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { GantryError, hasCode } from '../core/errors.ts'
import type { Workspace } from '../core/workspace.ts'
import { hasErrno } from '../lib/errno.ts'
import { defineStep } from '../step.ts'

const executable = 0o111
const writableByAll = 0o002

export default defineStep({
  kind: 'file-write',
  summary: 'Write a text file.',
  effect: 'workspace',
  config: z.strictObject({
    path: z.string().min(1).describe('The file: relative, and inside the working directory'),
    contents: z.string().describe('What to write; may be empty'),
    permissions: z
      .string()
      .regex(/^0[0-7]{3}$/u)
      .optional()
      .describe('Mode of the file, default 0600; not executable, not writable by all'),
    overwrite: z.boolean().optional().describe('Replace a file that is there already'),
  }),
  output: z.strictObject({}),
  example: { path: './out/version.txt', contents: 'v1.2.3\n' },
  async run(ctx, { path, contents, permissions, overwrite }) {
    const mode = Number.parseInt(permissions ?? '0600', 8)
    const why =
      (mode & executable) !== 0
        ? 'executable files are not written'
        : (mode & writableByAll) !== 0
          ? 'files that everyone may write are not written'
          : await whyNot(ctx.workspace, path, overwrite === true)
    if (why !== undefined) {
      return { status: 'Failed', terminal: true, message: `cannot write "${path}": ${why}` }
    }
    if (overwrite === true) await ctx.workspace.remove(path)
    await ctx.workspace.write(path, contents, mode)
    return { status: 'Succeeded' }
  },
})

/** Why the policy forbids this path; undefined when it does not. */
async function whyNot(
  workspace: Workspace,
  path: string,
  mayReplace: boolean,
): Promise<string | undefined> {
  if (path.startsWith('/')) return 'the path must be relative'
  const plain = lexical(path)
  if (plain === undefined) return 'the path leads outside the working directory'
  if (plain === '') return 'it is the working directory itself'
  const expected = join(workspace.root, plain)
  try {
    if ((await workspace.writable(path)) !== expected) return 'the path passes a link'
  } catch (error) {
    if (hasCode(error, 'Invalid')) return error.message
    throw error
  }
  const isThere = await lstat(expected).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  })
  if (isThere === undefined) return undefined
  if (isThere.isSymbolicLink()) return 'the path is a link'
  if (!mayReplace) return 'it exists already; set overwrite: true to replace it'
  if (!isThere.isFile()) throw new GantryError('Invalid', `"${path}" is not a file`)
  return undefined
}

/** The path without `.` and `..`; undefined when it leaves where it began. */
function lexical(path: string): string | undefined {
  const done: string[] = []
  for (const part of path.split('/')) {
    if (part === '..' && done.pop() === undefined) return undefined
    if (part !== '' && part !== '.' && part !== '..') done.push(part)
  }
  return done.join('/')
}
