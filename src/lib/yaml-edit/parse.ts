import {
  isMap,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Pair,
  type YAMLParseError,
} from 'yaml'
import { GantryError } from '../../core/errors.ts'
import { checkNesting } from '../yaml-nesting.ts'

/** Larger files take longer to parse than one step may hold up everything else. */
const maxBytes = 1024 * 1024

/**
 * The first document of a YAML text, with the places of its nodes. Throws Invalid for text that is not YAML, and for
 * templates that only look like it: an edit by place would not do what it seems to.
 */
export function parseFirstDocument(source: string, name: string): Document.Parsed {
  if (source.length > maxBytes) {
    throw new GantryError('TooLarge', `"${name}" is larger than ${maxBytes} bytes`)
  }
  checkNesting(source, `"${name}"`)
  const lines = new LineCounter()
  const documents = parseDocuments(source, name, lines)
  const [document] = documents
  if (document === undefined) throw new GantryError('Invalid', `"${name}" is empty`)
  const [error] = document.errors
  if (error !== undefined) {
    const hint = source.includes('{{') ? '; it looks like a template, which cannot be edited' : ''
    throw new GantryError(
      'Invalid',
      `"${name}" is not valid YAML: ${problemAt(error, lines)}${hint}`,
    )
  }
  visit(document, {
    Pair(_, pair) {
      if (isMap(pair.key)) {
        throw new GantryError('Invalid', `"${name}" looks like a template, which cannot be edited`)
      }
    },
  })
  return document
}

/** What is wrong and where. The library itself would copy the whole line for each problem. */
export function problemAt({ message, pos }: YAMLParseError, lines: LineCounter): string {
  const { line, col } = lines.linePos(pos[0])
  return `${message.split('\n', 1)[0] ?? ''} at line ${line}, column ${col}`
}

function parseDocuments(
  source: string,
  name: string,
  lineCounter: LineCounter,
): readonly Document.Parsed[] {
  try {
    const parsed = parseAllDocuments(source, {
      keepSourceTokens: true,
      // Twice the same key is looked for where it matters; the library's own search is quadratic.
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter,
    })
    return Array.isArray(parsed) ? parsed : []
  } catch (cause) {
    throw new GantryError('Invalid', `"${name}" cannot be read as YAML`, { cause })
  }
}

/** The pair with this key; undefined when there is none. Throws Invalid when there are two. */
export function pairOf(
  map: { readonly items: readonly Pair[] },
  key: string,
  name: string,
): Pair | undefined {
  const found = map.items.filter((pair) => keyText(pair.key) === key)
  if (found.length > 1) throw new GantryError('Invalid', `"${name}" has the key "${key}" twice`)
  return found[0]
}

/** A key as it is written, whatever type it would be read as. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  return key.source ?? String(key.value)
}

export function rangeOf(node: { readonly range?: readonly number[] | null | undefined }): {
  start: number
  end: number
} {
  const [start, end] = node.range ?? []
  if (start === undefined || end === undefined) {
    throw new GantryError('Internal', 'a YAML node has no place in its text')
  }
  return { start, end }
}
