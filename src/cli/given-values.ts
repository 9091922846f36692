import { readFile } from 'node:fs/promises'
import { GantryError } from '../core/errors.ts'
import type { CliIo } from './context.ts'
import { reasonOf } from './client.ts'

/** The two sides of `name=value`; the value may hold further `=`. Throws BadRequest. */
export function pair(flag: string, text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  const name = text.slice(0, Math.max(at, 0)).trim()
  if (name !== '') return [name, text.slice(at + 1)]
  throw new GantryError('BadRequest', `${flag} takes NAME=VALUE`, { field: flag })
}

/**
 * The claims of `--claim`, each with its values. Several may stand in one, with commas between: `email=a,groups=b`, or
 * `groups=a,b` for two values. A value with an `=` of its own, as in `groups=CN=ops,OU=x`, is taken as it stands.
 */
export function claimsOf(
  texts: readonly string[],
): { readonly name: string; readonly values: readonly string[] }[] {
  const claims = new Map<string, string[]>()
  for (const text of texts) {
    const parts = text.split(',')
    const isPlain = parts.every((part) => part.split('=').length <= 2)
    let name = ''
    for (const part of isPlain ? parts : [text]) {
      const [key, value] = name !== '' && !part.includes('=') ? [name, part] : pair('--claim', part)
      name = key
      claims.set(name, [...(claims.get(name) ?? []), value])
    }
  }
  return [...claims].map(([name, values]) => ({ name, values }))
}

export interface DataOptions {
  readonly set: readonly string[]
  readonly setFile: readonly string[]
}

/** What `--set KEY=VALUE` and `--set-file KEY=FILE` give. */
export async function dataOf(
  io: CliIo,
  { set, setFile }: DataOptions,
): Promise<Record<string, string>> {
  const plain = set.map((text) => pair('--set', text))
  const files: [string, string][] = []
  for (const text of setFile) {
    const [key, path] = pair('--set-file', text)
    files.push([key, await readText(io, path)])
  }
  return Object.fromEntries([...plain, ...files])
}

export interface SecretSource {
  readonly given: string | undefined
  readonly file: string | undefined
  readonly question: string
}

/** A secret: as given, from a file (`-` is standard input), or asked for. Throws BadRequest when it is empty. */
export async function secretOf(io: CliIo, source: SecretSource): Promise<string> {
  const { given, file, question } = source
  const secret =
    given ??
    (file === undefined
      ? await io.readSecret(question)
      : (await readText(io, file)).replace(/\r?\n$/, ''))
  if (secret !== '') return secret
  throw new GantryError('BadRequest', `${question.toLowerCase()} must not be empty`)
}

async function readText(io: CliIo, path: string): Promise<string> {
  if (path === '-') return io.stdin()
  return readFile(path, 'utf8').catch((thrown: unknown) => {
    throw new GantryError('BadRequest', `cannot read ${path}: ${reasonOf(thrown)}`)
  })
}
