import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { GitCapability } from '../../core/git.ts'
import { layOutRepository } from './bare.ts'

export interface CheckoutRequest {
  readonly workTree: string
  readonly gitDir: string
  /** The mirror whose objects are borrowed. */
  readonly mirrorDir: string
  /** The branch to stand on; absent: detached. */
  readonly branch?: string | undefined
  readonly commit: string
  /** Folders for a cone-mode sparse checkout. */
  readonly sparse?: readonly string[] | undefined
  readonly signal: AbortSignal
}

/** Lays out a git directory that borrows the mirror's objects and fills an empty working tree from a commit. */
export async function checkOut(git: GitCapability, request: CheckoutRequest): Promise<void> {
  const { gitDir, workTree, branch, commit, sparse, signal } = request
  await layOutRepository(gitDir, {
    borrowFrom: join(request.mirrorDir, 'objects'),
    head: branch === undefined ? commit : `ref: refs/heads/${branch}`,
    isSha256: commit.length === 64,
  })
  if (branch !== undefined) await setBranch(gitDir, branch, commit)
  if (sparse !== undefined) {
    await writeFile(join(gitDir, 'info', 'sparse-checkout'), conePatterns(sparse))
    await writeFile(
      join(gitDir, 'config'),
      '[core]\n\tsparseCheckout = true\n\tsparseCheckoutCone = true\n',
      { flag: 'a' },
    )
  }
  await git.run({ args: ['read-tree', '-m', '-u', commit], gitDir, workTree, signal })
}

/** Points a branch at a commit. */
export async function setBranch(gitDir: string, branch: string, commit: string): Promise<void> {
  const ref = join(gitDir, 'refs', 'heads', ...branch.split('/'))
  await mkdir(dirname(ref), { recursive: true })
  await writeFile(ref, `${commit}\n`)
}

/** Brings branch, index and files of a checkout to a commit that is at hand. */
export async function moveTo(
  git: GitCapability,
  { gitDir, workTree }: { readonly gitDir: string; readonly workTree: string },
  commit: string,
  signal: AbortSignal,
): Promise<void> {
  await git.run({ args: ['reset', '--hard', '--quiet', commit], gitDir, workTree, signal })
}

/** The patterns of a cone: files at the top and beside each folder on the way, and everything below the folders. */
function conePatterns(folders: readonly string[]): string {
  const wanted = new Set(
    folders.map((folder) =>
      folder
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .map((part) => part.replaceAll('\\', '\\\\'))
        .join('/'),
    ),
  )
  if (wanted.has('')) return '/*\n'
  const parents = new Set<string>()
  for (const folder of wanted) {
    for (let at = folder.lastIndexOf('/'); at > 0; at = folder.lastIndexOf('/', at - 1)) {
      parents.add(folder.slice(0, at))
    }
  }
  const isCovered = (folder: string): boolean =>
    [...wanted].some((other) => folder.startsWith(`${other}/`))
  const lines = ['/*', '!/*/']
  for (const folder of [...new Set([...parents, ...wanted])].sort()) {
    if (isCovered(folder)) continue
    lines.push(`/${folder}/`)
    if (!wanted.has(folder)) lines.push(`!/${folder}/*/`)
  }
  return `${lines.join('\n')}\n`
}
