import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError, asGantryError } from '../core/errors.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import { kindOf } from '../core/kinds/index.ts'
import { checkJson } from '../core/kinds/parse.ts'
import { readBounded } from '../lib/bounded-body.ts'
import { hasErrno } from '../lib/errno.ts'
import { readManifests } from '../lib/manifest-yaml.ts'
import { reasonOf } from './client.ts'
import { type CliIo, findProject } from './context.ts'

/** As long as manifests may be: a longer text would be refused anyway. */
const maxDownloadBytes = 32 * 1024 * 1024
/** The dump of a large installation is one list: ten thousand Stages of eight steps are a million values, and a gigabyte. */
const maxValues = 2_000_000
const extensions = ['.yaml', '.yml', '.json']

/** One manifest, or why it cannot be read. */
export type LocalManifest = {
  /** Where it is, as in `stages.yaml:12`; standard input has no name: `line 12`. */
  readonly place: string
} & ({ readonly value: unknown } | { readonly error: GantryError })

export interface ReadOptions {
  readonly filename: readonly string[]
  readonly recursive?: boolean
  /** The namespace of manifests that name none. */
  readonly project?: string
}

/** The manifests of files, folders (sorted by name), addresses and standard input (`-`). Throws BadRequest when there are none. */
export async function readManifestFiles(
  io: CliIo,
  options: ReadOptions,
): Promise<readonly LocalManifest[]> {
  const { filename: names, recursive = false } = options
  const project = await findProject(io, options)
  const manifests: LocalManifest[] = []
  for (const name of await separated(names)) {
    if (name === '-') manifests.push(...readText(await io.stdin(), undefined, project))
    else if (/^https?:\/\//.test(name))
      manifests.push(...readText(await download(name, io.signal), name, project))
    else
      for (const file of await filesOf(name, recursive))
        manifests.push(...readText(await read(file), file, project))
  }
  if (manifests.length > 0) return manifests
  if (names.length === 0)
    throw new GantryError('BadRequest', 'say where the manifests are: -f FILE, -f FOLDER or -f -')
  throw new GantryError('BadRequest', `there is no manifest in ${names.join(', ')}`)
}

/** `one.yaml,two.yaml` is two files, unless there is one of that name. */
async function separated(names: readonly string[]): Promise<readonly string[]> {
  const parts = names.map(async (name) => {
    const isOne = !name.includes(',') || /^https?:\/\//.test(name)
    return isOne || (await stat(name).catch(() => undefined)) ? [name] : name.split(',')
  })
  return (await Promise.all(parts)).flat()
}

function readText(
  text: string,
  file: string | undefined,
  project: string | undefined,
): LocalManifest[] {
  return readManifests(text, maxValues).map((entry): LocalManifest => {
    if ('error' in entry) return { place: file ?? 'standard input', error: entry.error }
    const line = file === undefined ? `line ${entry.line}` : `${file}:${entry.line}`
    const place = entry.item === undefined ? line : `${line}, item ${entry.item}`
    try {
      return { place, value: inProject(checkJson(entry.value), project) }
    } catch (thrown) {
      return { place, error: asGantryError(thrown) }
    }
  })
}

/** The manifest, in the project when it is of a kind that lives in one and does not say where. */
function inProject(value: unknown, project: string | undefined): unknown {
  if (project === undefined || !isJsonObject(value) || !isJsonObject(value['metadata']))
    return value
  const { apiVersion, kind, metadata } = value
  const isNamespaced = kindOf(jsonText(apiVersion), jsonText(kind))?.namespaced === true
  if (!isNamespaced || jsonText(metadata['namespace']) !== '') return value
  return { ...value, metadata: { ...metadata, namespace: project } }
}

async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  const info = await stat(path).catch((thrown: unknown) => {
    if (hasErrno(thrown, 'ENOENT', 'ENOTDIR')) return undefined
    throw cannotRead(path, thrown)
  })
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

async function download(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal }).catch((thrown: unknown) => {
    throw cannotDownload(url, thrown)
  })
  if (response.ok) return textOf(response, url)
  throw new GantryError('BadRequest', `cannot download ${url}: it answered ${response.status}`)
}

/** The body, which somebody else's server may never end. */
async function textOf(response: Response, url: string): Promise<string> {
  const tooLarge = (): GantryError =>
    new GantryError('TooLarge', `${url} is longer than ${maxDownloadBytes} bytes`)
  const bytes = await readBounded(response.body, maxDownloadBytes, tooLarge).catch(
    (thrown: unknown) => {
      throw thrown instanceof GantryError ? thrown : cannotDownload(url, thrown)
    },
  )
  return bytes.toString('utf8')
}

function cannotDownload(url: string, cause: unknown): GantryError {
  return new GantryError('Unreachable', `cannot download ${url}: ${reasonOf(cause)}`, { cause })
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((thrown: unknown) => {
    throw cannotRead(file, thrown)
  })
}

function cannotRead(path: string, cause: unknown): GantryError {
  return new GantryError('BadRequest', `cannot read ${path}: ${asGantryError(cause).message}`, {
    cause,
  })
}
