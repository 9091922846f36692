import { StringDecoder } from 'node:string_decoder'
import type { DocumentPass, DocumentReader } from '../../core/documents.ts'
import { GantryError } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { readYaml } from '../yaml-edit/read.ts'
import { createLineScanner, maxLine, NotThisForm, type LineScanner } from './scan-lines.ts'

const indexName = 'the index of the chart repository'
/** An index that is not in the usual form is kept whole for a real parser, up to so many characters. */
const maxParsed = 4 * 1024 * 1024
/** All versions of all charts together, in characters. */
const maxVersions = 16 * 1024 * 1024

/** Reads an `index.yaml` into `{ <chart>: <versions, one a line> }`; nothing else of it stays in memory. */
export const helmIndexReader: DocumentReader = { name: 'helm-index-v1', start: startPass }

/** The versions that the reader found of a chart; empty when the index does not know it. */
export function versionsOf(index: Json, chart: string): string[] {
  const joined = isJsonObject(index) && Object.hasOwn(index, chart) ? index[chart] : undefined
  return typeof joined === 'string' && joined !== '' ? joined.split('\n') : []
}

function startPass(): DocumentPass {
  const decoder = new StringDecoder('utf8')
  /** Absent once the document turned out to be of another form. */
  let scanner: LineScanner | undefined = createLineScanner()
  /** The document so far, as long as a real parser may still need it. */
  let whole: string[] | undefined = []
  let length = 0
  let rest = ''

  const scan = (text: string): void => {
    if (scanner === undefined) return
    try {
      for (const line of text.split('\n'))
        scanner.line(line.endsWith('\r') ? line.slice(0, -1) : line)
    } catch (thrown) {
      giveUp(thrown)
    }
  }
  const giveUp = (thrown: unknown): void => {
    if (!(thrown instanceof NotThisForm)) throw thrown
    scanner = undefined
    if (whole === undefined) {
      throw new GantryError(
        'TooLarge',
        `the index is not in the form that helm writes (${thrown.message}), and larger than ${maxParsed} characters`,
      )
    }
  }
  const take = (text: string): void => {
    length += text.length
    if (length <= maxParsed) whole?.push(text)
    else whole = undefined
    if (scanner === undefined && whole === undefined) giveUp(new NotThisForm('another form'))
    const end = text.lastIndexOf('\n')
    if (end < 0) {
      // Nobody looks at more of a line, and it may be all that there is of a bomb.
      rest = (rest + text).slice(0, maxLine)
      return
    }
    scan(rest + text.slice(0, end))
    rest = text.slice(end + 1)
  }

  /** What the scanner made of it, or the text for a real parser. */
  const endScan = (): JsonObject | string => {
    take(decoder.end())
    scan(rest)
    if (scanner !== undefined) {
      if (scanner.isInEntries && (rest !== '' || scanner.lacksVersion)) throw cutOff()
      try {
        return compact(scanner.end())
      } catch (thrown) {
        giveUp(thrown)
      }
    }
    return (whole ?? []).join('')
  }

  return {
    push: (piece) => take(decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length))),
    end() {
      const scanned = endScan()
      return typeof scanned === 'string'
        ? compact(chartsOf(readYaml(scanned, indexName), scanned, rest === ''))
        : scanned
    },
    async endLater(yaml, signal) {
      const scanned = endScan()
      return typeof scanned === 'string'
        ? compact(chartsOf(await yaml.read(scanned, indexName, signal), scanned, rest === ''))
        : scanned
    },
  }
}

function compact(charts: ReadonlyMap<string, readonly string[]>): JsonObject {
  let characters = 0
  const entries = [...charts].map(([name, versions]): [string, string] => {
    const joined = versions.filter((version) => !/[\n\r]/.test(version)).join('\n')
    characters += name.length + joined.length
    return [name, joined]
  })
  if (characters > maxVersions) {
    throw new GantryError('TooLarge', 'the index names more versions than can be kept')
  }
  return Object.fromEntries(entries)
}

/**
 * A file that is just being written is served as far as it has come, under a length that fits. Helm writes a line after
 * the entries, and an end to every line; an entry's version is its last line.
 */
function cutOff(): GantryError {
  return new GantryError(
    'Invalid',
    'the index of the chart repository ends in the middle of an entry: it looks cut off; if it is whole, end it with a new line',
  )
}

function chartsOf(
  index: unknown,
  text: string,
  hasEnd: boolean,
): ReadonlyMap<string, readonly string[]> {
  const entries = isJsonObject(index) ? index['entries'] : undefined
  if (
    !isJsonObject(index) ||
    (entries !== undefined && entries !== null && !isJsonObject(entries))
  ) {
    throw new GantryError('Invalid', 'this is not the index of a chart repository')
  }
  if (entries === undefined) {
    throw new GantryError(
      'Invalid',
      'this is not the index of a chart repository: it has no entries',
    )
  }
  const isLast = Object.keys(index).at(-1) === 'entries'
  const [, last] = Object.entries(entries ?? {}).at(-1) ?? []
  const lastEntry = Array.isArray(last) ? last.at(-1) : undefined
  const lacksVersion = isJsonObject(lastEntry) && lastEntry['version'] === undefined
  const isFlow = /^\s*\{/.test(text)
  if (isLast && !isFlow && (!hasEnd || lacksVersion)) throw cutOff()
  const charts = Object.entries(entries ?? {}).map(([name, list]): [string, string[]] => [
    name,
    (Array.isArray(list) ? list : []).flatMap((entry) => {
      const version = isJsonObject(entry) ? entry['version'] : undefined
      return typeof version === 'string' || typeof version === 'number' ? [`${version}`] : []
    }),
  ])
  return new Map(charts)
}
