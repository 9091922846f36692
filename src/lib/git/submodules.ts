import { GantryError } from '../../core/errors.ts'
import type { GitCapability } from '../../core/git.ts'
import type { Workspace } from '../../core/workspace.ts'
import { parseAddress } from './address.ts'
import { checkOut } from './checkout.ts'

export interface SubmoduleRequest {
  readonly project: string
  readonly repoURL: string
  readonly insecureSkipTLSVerify: boolean
  /** The superproject's path in the workspace, its git directory and its commit. */
  readonly path: string
  readonly gitDir: string
  readonly commit: string
  readonly signal: AbortSignal
}

const maxDepth = 8
const maxSubmodules = 200

/**
 * Checks out the submodules of a commit, and theirs. Each is a repository of its own: its address is judged like any
 * other and it gets the credential that its own address has, never the superproject's. Returns the paths below `path`.
 */
export async function checkOutSubmodules(
  git: GitCapability,
  workspace: Workspace,
  request: SubmoduleRequest,
): Promise<string[]> {
  const found = { count: 0 }
  return visit(request, 0)

  async function visit(parent: SubmoduleRequest, depth: number): Promise<string[]> {
    const modules = await listSubmodules(git, parent)
    if (modules.length > 0 && depth >= maxDepth) {
      throw new GantryError('TooLarge', `submodules nest deeper than ${maxDepth}`)
    }
    found.count += modules.length
    if (found.count > maxSubmodules) {
      throw new GantryError('TooLarge', `there are more than ${maxSubmodules} submodules`)
    }
    for (const { path, url, commit } of modules) {
      const { project, insecureSkipTLSVerify, signal } = parent
      const repoURL = resolveURL(parent.repoURL, url)
      const lease = await git.borrow({
        project,
        repoURL,
        insecureSkipTLSVerify,
        signal,
        wanted: () => [commit],
      })
      workspace.onRemove(() => lease.release())
      const place = `${parent.path}/${path}`
      const { workTree, gitDir } = await workspace.makeWorkTree(place)
      await checkOut(git, { workTree, gitDir, mirrorDir: lease.gitDir, commit, signal })
      await visit({ ...parent, repoURL, path: place, gitDir, commit }, depth + 1)
    }
    return modules.map(({ path }) => path)
  }
}

interface Submodule {
  readonly path: string
  readonly url: string
  readonly commit: string
}

async function listSubmodules(
  git: GitCapability,
  { gitDir, commit, signal }: SubmoduleRequest,
): Promise<Submodule[]> {
  const listed = await git.run({
    args: ['config', '--blob', `${commit}:.gitmodules`, '--null', '--list'],
    gitDir,
    signal,
    // 128: there is no such file.
    exitCodes: [0, 128],
  })
  if (listed.exitCode !== 0) return []
  const modules = new Map<string, { path?: string; url?: string }>()
  for (const entry of listed.stdout.split('\0')) {
    const match = /^submodule\.(.+)\.(path|url)\n(.*)$/su.exec(entry)
    if (match === null) continue
    const [, name = '', field = '', value = ''] = match
    modules.set(name, { ...modules.get(name), [field]: value })
  }
  const links = await gitLinks(git, gitDir, commit, signal)
  return [...modules.values()].flatMap(({ path, url }) => {
    const id = path === undefined ? undefined : links.get(path)
    return path === undefined || url === undefined || id === undefined
      ? []
      : [{ path, url, commit: id }]
  })
}

/** The commits that a tree names in the place of folders. */
async function gitLinks(
  git: GitCapability,
  gitDir: string,
  commit: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const { stdout } = await git.run({ args: ['ls-tree', '-r', '-z', commit], gitDir, signal })
  const links = new Map<string, string>()
  for (const entry of stdout.split('\0')) {
    const match = /^160000 commit ([0-9a-f]+)\t(.+)$/su.exec(entry)
    if (match?.[1] !== undefined && match[2] !== undefined) links.set(match[2], match[1])
  }
  return links
}

/**
 * Relative addresses are counted from the superproject's, as git does.
 * @throws GantryError Invalid when one of `user@host:path` leads out of the path
 */
export function resolveURL(superproject: string, url: string): string {
  if (!url.startsWith('./') && !url.startsWith('../')) return url
  const { url: base, fromHome } = parseAddress(superproject)
  const [, root = '', path = base] =
    /^([^@]*@(?:\[[^\]]*\]|[^:]*):)(.*)$/u.exec(fromHome ?? '') ?? []
  const parts = path.split('/')
  for (const step of url.split('/')) {
    if (step === '..' && parts.length === 0)
      throw new GantryError(
        'Invalid',
        `the submodule's address ${url} leads out of ${superproject}`,
      )
    if (step === '..') parts.pop()
    else if (step !== '.' && step !== '') parts.push(step)
  }
  return root + parts.join('/')
}
