import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { GitPerson, GitSigner } from '../../core/git.ts'
import type { Workspace } from '../../core/workspace.ts'
import { hasErrno } from '../errno.ts'

/** What is kept of a checkout beside its git directory, for the steps that come after the clone. */
export interface CheckoutInfo {
  readonly repoURL: string
  readonly insecureSkipTLSVerify: boolean
  /** Who commits here, when the clone named somebody. */
  readonly author?: (GitPerson & { readonly signer?: GitSigner | undefined }) | undefined
  /** The commit that was checked out. */
  readonly base: string
  /** Where branches of the remote were when the checkout last heard of them. */
  readonly tips: Readonly<Record<string, string>>
  /** What was pushed from here last, by branch. */
  readonly pushed?: Readonly<Record<string, string>> | undefined
  /** Paths of submodules: never added to a commit of this one. */
  readonly submodules: readonly string[]
  /** Commits made here and signed with a key of ours. */
  readonly signed: readonly string[]
}

/** A checkout as steps work with it. Its git directory lies outside the workspace. */
export interface WorkTree {
  readonly path: string
  readonly workTree: string
  readonly gitDir: string
  readonly info: CheckoutInfo
  /** Paths of working trees that lie within this one: their files are none of its own. */
  readonly within: readonly string[]
}

const infoFile = 'gantry.json'

/** The working tree at a path of the workspace. Throws Invalid when there is none. */
export async function openWorkTree(workspace: Workspace, path: string): Promise<WorkTree> {
  const gitDir = await workspace.gitDirOf(path)
  if (gitDir === undefined) {
    throw new GantryError(
      'Invalid',
      `"${path}" is not a git working tree; check one out with git-clone`,
    )
  }
  const text = await readFile(join(gitDir, infoFile), 'utf8')
  // Written by `writeInfo` below and reachable by no step.
  const info = JSON.parse(text) as CheckoutInfo
  const within = await workspace.workTreesBelow(path)
  return { path, workTree: await workspace.readable(path), gitDir, info, within }
}

export async function writeInfo(gitDir: string, info: CheckoutInfo): Promise<void> {
  await writeFile(join(gitDir, infoFile), JSON.stringify(info), { mode: 0o600 })
}

export interface Head {
  /** Undefined when detached. */
  readonly branch: string | undefined
  /** Undefined before the first commit. */
  readonly commit: string | undefined
}

/** Where HEAD stands, read from the files: checkouts of ours are never packed. */
export async function readHead(gitDir: string): Promise<Head> {
  const head = (await readFile(join(gitDir, 'HEAD'), 'utf8')).trim()
  if (!head.startsWith('ref: refs/heads/')) return { branch: undefined, commit: head }
  const ref = head.slice('ref: '.length)
  const commit = await readFile(join(gitDir, ref), 'utf8').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  })
  return { branch: ref.slice('refs/heads/'.length), commit: commit?.trim() }
}
