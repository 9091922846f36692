import type { Git } from './git.ts'
import { createLimit } from './limit.ts'

/**
 * Reads in mirrors, a bounded number at a time. What many ask at the same moment, or have just asked, is read once: the
 * arguments name objects by their ids, whose content never changes.
 */
export interface Reads {
  read(gitDir: string, args: readonly string[], options: ReadOptions): Promise<string>
}

export interface ReadOptions {
  readonly maxOutputBytes?: number | undefined
  readonly input?: string | undefined
}

export interface ReadsOptions {
  readonly git: Git
  /** Ends everything: what is shared by many, no single caller may end. */
  readonly signal: AbortSignal
  readonly maxAtATime: number
  /** Answers that are kept, together; the longest unused go first. Default 16 MiB. */
  readonly maxKeptChars?: number | undefined
}

/** A longer answer is not worth keeping. */
const maxAnswerChars = 2 * 1024 * 1024

export function createReads(options: ReadsOptions): Reads {
  const { git, signal, maxAtATime, maxKeptChars = 16 * 1024 * 1024 } = options
  const underWay = new Map<string, Promise<string>>()
  const kept = new Map<string, string>()
  const limit = createLimit(maxAtATime)
  let keptChars = 0

  const forget = (key: string): void => {
    keptChars -= key.length + (kept.get(key)?.length ?? -key.length)
    kept.delete(key)
  }

  const keep = (key: string, answer: string): void => {
    forget(key)
    if (answer.length > maxAnswerChars) return
    kept.set(key, answer)
    keptChars += key.length + answer.length
    for (const oldest of kept.keys()) {
      if (keptChars <= maxKeptChars) return
      forget(oldest)
    }
  }

  return {
    read(gitDir, args, { maxOutputBytes, input }) {
      const key = JSON.stringify([gitDir, args, input])
      const known = kept.get(key)
      if (known !== undefined) {
        keep(key, known)
        return Promise.resolve(known)
      }
      const shared = underWay.get(key)
      if (shared !== undefined) return shared
      const answer = limit('', async () => {
        const { stdout } = await git.run({ args, gitDir, signal, maxOutputBytes, input })
        keep(key, stdout)
        return stdout
      }).finally(() => underWay.delete(key))
      underWay.set(key, answer)
      return answer
    },
  }
}
