import type { GitRefs } from '../../core/git.ts'
import { isRefName } from './address.ts'

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

/**
 * What no git can store is passed over: a server that lies may send it. Bytes that are no UTF-8 have become U+FFFD here:
 * such a name names nothing any more, and two of them may look the same.
 */
function isPlain(name: string): boolean {
  return isRefName(name.replace(/\^\{\}$/u, '')) && !/[\u0080-\u009f\ufffd]/u.test(name)
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
