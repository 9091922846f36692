import {
  briefFormat,
  maxAloneBytes,
  parseCommits,
  readInHalves,
  type RunGit,
} from './commit-record.ts'

const escapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
}

/** The paths that each commit changed against its first parent. */
export async function readChangedPaths(
  git: RunGit,
  commits: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const read = async (
    ids: readonly string[],
    maxOutputBytes: number,
  ): Promise<readonly (readonly [string, readonly string[]])[]> => {
    const args = [
      'log',
      '--no-walk=unsorted',
      '--no-color',
      '--no-show-signature',
      '--no-notes',
      briefFormat,
      '--diff-merges=first-parent',
      '--name-only',
      '--no-renames',
      '--stdin',
    ]
    const output = await git(args, { maxOutputBytes, input: `${ids.join('\n')}\n` })
    return parseCommits(output).map(({ commit, after }) => [commit.id, parsePaths(after)])
  }
  const found = await readInHalves(
    [...new Set(commits)],
    (ids) => read(ids, maxAloneBytes),
    (id) => read([id], 4 * maxAloneBytes),
  )
  return new Map(found)
}

/** The lines of `--name-only`: one path each, quoted as in C where it holds anything unusual. */
export function parsePaths(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(unquote)
}

function unquote(line: string): string {
  if (!line.startsWith('"') || !line.endsWith('"') || line.length < 2) return line
  const bytes: number[] = []
  const encoder = new TextEncoder()
  const body = line.slice(1, -1)
  for (let at = 0; at < body.length; at += 1) {
    const char = body.charAt(at)
    if (char !== '\\') {
      const whole = String.fromCodePoint(body.codePointAt(at) ?? 0)
      bytes.push(...encoder.encode(whole))
      at += whole.length - 1
      continue
    }
    const octal = /^[0-3][0-7]{2}/.exec(body.slice(at + 1, at + 4))
    if (octal === null) {
      bytes.push(escapes[body.charAt(at + 1)] ?? body.charCodeAt(at + 1))
      at += 1
    } else {
      bytes.push(Number.parseInt(octal[0], 8))
      at += 3
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
