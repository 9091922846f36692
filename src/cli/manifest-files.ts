import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../core/errors.ts'
import type { CliIo } from './context.ts'

const extensions = ['.yaml', '.yml', '.json']

/** The manifests of files, folders (sorted by name) and standard input (`-`), as one multi-document text. */
export async function readSources(
  io: CliIo,
  names: readonly string[],
  recursive: boolean,
): Promise<string> {
  const texts: string[] = []
  for (const name of names) {
    if (name === '-') texts.push(await io.stdin())
    else for (const file of await filesOf(name, recursive)) texts.push(await read(file))
  }
  return texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('---\n')
}

async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  const info = await stat(path).catch(() => undefined)
  if (info === undefined) throw new GantryError('BadRequest', `there is no file or folder ${path}`)
  if (!info.isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true, recursive })
  const files = entries
    .filter(
      (entry) => entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension)),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  if (files.length === 0)
    throw new GantryError('BadRequest', `the folder ${path} holds no .yaml, .yml or .json file`)
  return files
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new GantryError(
      'BadRequest',
      `cannot read ${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    )
  })
}
