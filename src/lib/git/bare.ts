import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface BareOptions {
  /** The object folder to borrow from. */
  readonly borrowFrom?: string | undefined
  /** What HEAD holds: `ref: refs/heads/<branch>` or an object id. */
  readonly head: string
  readonly isSha256?: boolean | undefined
}

/** Lays out an empty repository as `git init` does, without a process and without templates. */
export async function layOutRepository(gitDir: string, options: BareOptions): Promise<void> {
  await Promise.all(
    ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info'].map((name) =>
      mkdir(join(gitDir, name), { recursive: true, mode: 0o700 }),
    ),
  )
  const format = options.isSha256 === true ? 1 : 0
  const extension = options.isSha256 === true ? '[extensions]\n\tobjectformat = sha256\n' : ''
  const files: [string, string][] = [
    ['config', `[core]\n\trepositoryformatversion = ${format}\n\tbare = true\n${extension}`],
  ]
  if (options.borrowFrom !== undefined) {
    files.push(['objects/info/alternates', `${options.borrowFrom}\n`])
  }
  await Promise.all(
    files.map(([name, content]) => writeFile(join(gitDir, name), content, { mode: 0o600 })),
  )
  // Last and at once: where there is a HEAD there is all the rest, however the process ends.
  const draft = join(gitDir, 'HEAD.lock')
  await writeFile(draft, `${options.head}\n`, { mode: 0o600 })
  await rename(draft, join(gitDir, 'HEAD'))
}
