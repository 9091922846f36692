import type { GitRefs } from '../../core/git.ts'

/** Reads the output of `git ls-remote --symref`. */
export function parseRefs(output: string): GitRefs {
  const refs = new Map<string, string>()
  let defaultBranch: string | undefined
  for (const line of output.split('\n')) {
    const [left = '', name = ''] = line.split('\t')
    if (left.startsWith('ref: ')) {
      if (name === 'HEAD') defaultBranch = left.slice(5).replace(/^refs\/heads\//u, '')
    } else if (isPlain(name)) refs.set(name, left)
  }
  return { refs, defaultBranch }
}

/** No git makes names with control characters or spaces; a server that lies may send them. */
function isPlain(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return name !== '' && !/[\u0000-\u0020\u007f]/u.test(name)
}

/** The tips of every branch and tag. */
export function tipsOf({ refs }: GitRefs): string[] {
  const tips = [...refs].filter(
    ([name]) => /^refs\/(heads|tags)\//u.test(name) && !name.endsWith('^{}'),
  )
  return [...new Set(tips.map(([, id]) => id))]
}

/** Whether the repository names its objects by SHA-256. */
export function isSha256({ refs }: GitRefs): boolean {
  const [id] = refs.values()
  return id?.length === 64
}
