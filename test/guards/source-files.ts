import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** One import of a source file. */
export interface Import {
  /** Path from the root of the repository, or the name of a package. */
  readonly to: string
  /** Gone before the program runs. */
  readonly isTypeOnly: boolean
}

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

/** The product's own modules: no tests, nothing generated. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return globSync(
    folders.map((folder) => `${folder}/**/*.{ts,tsx}`),
    { cwd: root },
  )
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/\.test\.tsx?$|\.gen\.ts$/.test(path))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })
}

const statement = /^(?:import|export)\s+(?:(type)\s+)?([^'";]*?)from\s+'([^']+)'/gm
const bare = /^import\s+'([^']+)'/gm
const dynamic = /\bimport\('([^']+)'\)/g

function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string, isTypeOnly: boolean): void => {
    const isOwn = specifier.startsWith('.')
    const to = isOwn ? normalize(join(dirname(path), specifier)).replaceAll('\\', '/') : specifier
    found.push({ to, isTypeOnly })
  }
  for (const [, type, names = '', specifier = ''] of text.matchAll(statement)) {
    add(specifier, type === 'type' || areAllTypes(names))
  }
  for (const [, specifier = ''] of text.matchAll(bare)) add(specifier, false)
  for (const [, specifier = ''] of text.matchAll(dynamic)) add(specifier, false)
  return found
}

/** `{ type A, type B }`: nothing of it is left at run time. */
function areAllTypes(names: string): boolean {
  const list = /^\{([\s\S]*)\}\s*$/.exec(names.trim())?.[1]
  if (list === undefined) return false
  const entries = list.split(',').map((entry) => entry.trim())
  return entries.every((entry) => entry === '' || entry.startsWith('type '))
}
