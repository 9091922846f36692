import { Composer, type Document, LineCounter, Parser, type ScalarTag, type Tags } from 'yaml'
import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { checkNesting } from './yaml-nesting.ts'
import { yamlValue } from './yaml-value.ts'

/**
 * Manifests as people write them: YAML of many documents, `kind: List`, JSON. Values are read the way Kubernetes reads
 * them (YAML 1.1: `yes` is true, `010` is 8; dates and `1:30` are text). Size, depth and aliases are bounded.
 */

/** One manifest of a file, or why it could not be read. The others go on. */
export type ManifestDocument = {
  /** Position in the file, from 1. */
  readonly document: number
  /** Position in a `kind: List`, from 1. */
  readonly item?: number
  /** The line where it starts, from 1. */
  readonly line: number
} & ({ readonly value: unknown } | { readonly error: GantryError })

const maxTextLength = 32 * 1024 * 1024
/** Each of them has an answer of its own. */
const maxManifests = 50_000

/**
 * The manifests in a text; empty documents are left out. `maxValues`: how many values one document of it may hold, where
 * that is not what strangers may send. Throws TooLarge when the whole text is refused.
 */
export function readManifests(text: string, maxValues?: number): ManifestDocument[] {
  return readJsonManifests(text) ?? bounded(readYaml(text, maxValues).flatMap(expandList))
}

/** The same for a text that is JSON; undefined for any other. */
export function readJsonManifests(text: string): ManifestDocument[] | undefined {
  if (text.length > maxTextLength) {
    throw new GantryError(
      'TooLarge',
      `the manifests are ${text.length} characters long: at most ${maxTextLength} are allowed`,
    )
  }
  const found = readJson(text)?.flatMap(expandList)
  return found && bounded(found)
}

function bounded(found: ManifestDocument[]): ManifestDocument[] {
  if (found.length <= maxManifests) return found
  throw new GantryError(
    'TooLarge',
    `there are ${found.length} manifests: at most ${maxManifests} are taken at a time`,
  )
}

/** JSON is read as such: it is much faster, and what is not JSON after all is tried as YAML. */
function readJson(text: string): ManifestDocument[] | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return (Array.isArray(value) ? value : [value]).map((entry: unknown, index) => ({
      document: index + 1,
      line: 1,
      value: entry,
    }))
  } catch {
    return undefined
  }
}

function readYaml(text: string, maxValues: number | undefined): ManifestDocument[] {
  checkNesting(text, 'the YAML', maxValues)
  const lines = new LineCounter()
  const composer = new Composer({
    version: '1.1',
    customTags: (tags) => [...tags.filter(isKubernetesTag), ...booleans],
    // The library's own check takes quadratic time; `yamlValue` does the same in linear time.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const found: ManifestDocument[] = []
  let position = 0
  // One after the other: a parsed document takes a hundred times its text, the value that is kept does not.
  for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) {
    position += 1
    const line = lines.linePos(document.contents?.range?.[0] ?? document.range[0]).line
    const at = { document: position, line: Math.max(1, line) }
    try {
      const value = valueOf(document, lines, text.length + 100_000)
      if (value !== null && value !== undefined) found.push({ ...at, value })
    } catch (thrown) {
      found.push({ ...at, error: withPlace(thrown, at) })
    }
  }
  return found
}

/** Values as Kubernetes reads them into JSON: no dates, no base 60, no sets. */
function isKubernetesTag(tag: Tags[number]): boolean {
  if (typeof tag === 'string' || tag === undefined) return true
  if (tag.tag === 'tag:yaml.org,2002:merge') return true
  return (
    !('format' in tag && tag.format === 'TIME') &&
    !/timestamp|binary|omap|pairs|set$|bool/.test(tag.tag)
  )
}

/** `yes` and `on` are true; a lone `y` or `n` is text, or keys of that name would be lost. */
const booleans: readonly ScalarTag[] = [
  [true, /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/] as const,
  [false, /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/] as const,
].map(([value, test]) => ({
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test,
  identify: (candidate) => candidate === value,
  resolve: () => value,
}))

function valueOf(document: Document.Parsed, lines: LineCounter, maxValues: number): unknown {
  const [problem] = document.errors
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0])
    throw new GantryError('BadRequest', `line ${line}: ${problem.message.split('\n')[0] ?? ''}`)
  }
  // A tag of one's own means nothing in a manifest, and would be lost in silence.
  const tag = document.warnings.find(({ message }) => /^Unresolved tag: !(?!!)/.test(message))
  if (tag !== undefined) {
    const { line } = lines.linePos(tag.pos[0])
    const name = tag.message.slice('Unresolved tag: '.length)
    throw new GantryError(
      'BadRequest',
      `line ${line}: YAML takes ${JSON.stringify(name)} for a tag, and knows none of that name: quote a value that begins with "!"`,
    )
  }
  return yamlValue(document.contents, maxValues, (offset) => `line ${lines.linePos(offset).line}`)
}

/** Documents that hold a list of objects become those objects. */
function expandList(entry: ManifestDocument): ManifestDocument[] {
  if ('error' in entry || !isJsonObject(entry.value)) return [entry]
  const { kind, apiVersion, items } = entry.value
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [entry]
  const { document, line } = entry
  const itemKind = kind.slice(0, -'List'.length)
  return items.map((item, index) => ({
    document,
    item: index + 1,
    line,
    // A typed list (`StageList`) may leave the kind of its items out.
    value:
      itemKind !== '' && isJsonObject(item)
        ? { kind: itemKind, ...(apiVersion !== undefined && { apiVersion }), ...item }
        : item,
  }))
}

function withPlace(thrown: unknown, at: { document: number; line: number }): GantryError {
  const code = thrown instanceof GantryError ? thrown.code : 'BadRequest'
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  const place = why.startsWith('line ') ? '' : `line ${at.line}: `
  return new GantryError(code, `cannot read document ${at.document}: ${place}${why}`, {
    cause: thrown,
  })
}
