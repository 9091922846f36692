import { isAlias, isMap, isScalar, isSeq, type Scalar } from 'yaml'
import { GantryError } from '../../core/errors.ts'
import type { ScalarUpdate, ScalarValue } from '../../core/yaml.ts'
import { parseKey } from './key.ts'
import { OutOfRange } from './out-of-range.ts'
import { pairOf, parseFirstDocument, rangeOf } from './parse.ts'
import { renderScalar } from './render.ts'

/**
 * Sets scalars that are there already in the first document of a YAML text, by replacing exactly their own characters:
 * comments, layout, quoting style, anchors and every other line stay. Throws Invalid when a key leads nowhere, to a list
 * or a map, or through an alias. `name` is for messages.
 */
export function setScalars(source: string, updates: readonly ScalarUpdate[], name: string): string {
  const document = parseFirstDocument(source, name)
  const places = new Map<number, Place>()
  for (const update of updates) {
    const { node, isFlow } = findScalar(document.contents, update.key, name)
    const { start, text, end } = replacement(source, node, update.value, isFlow)
    // Of two updates of one place the later counts.
    places.set(rangeOf(node).start, { start, end, text, update })
  }
  let result = source
  for (const { start, end, text } of [...places.values()].sort((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + text + result.slice(end)
  }
  const { contents } = parseFirstDocument(result, name)
  for (const { update } of places.values()) {
    // Read as anybody would: what was asked for must be there.
    if (findScalar(contents, update.key, name).node.value !== update.value) {
      throw new GantryError('Internal', `"${update.key}" could not be set in "${name}"`)
    }
  }
  return result
}

interface Place {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly update: ScalarUpdate
}

interface Found {
  readonly node: Scalar
  readonly isFlow: boolean
}

function findScalar(root: unknown, key: string, name: string): Found {
  let node = root
  let isFlow = false
  const missing = (): GantryError =>
    new GantryError('Invalid', `key path not found: "${key}" is not in "${name}"`)
  for (const part of parseKey(key)) {
    if (isMap(node)) {
      isFlow ||= node.flow === true
      const pair = pairOf(node, part.text, name)
      if (pair === undefined) throw missing()
      node = pair.value
    } else if (isSeq(node)) {
      isFlow ||= node.flow === true
      if (part.index === undefined) throw missing()
      if (part.index >= node.items.length) {
        throw new OutOfRange(
          `"${key}" asks for item ${part.index} of a list with ${node.items.length} in "${name}"`,
        )
      }
      node = node.items[part.index]
    } else if (isAlias(node)) {
      throw new GantryError(
        'Invalid',
        `"${key}" passes the alias *${node.source} in "${name}"; change what the anchor names`,
      )
    } else throw missing()
  }
  if (isScalar(node)) return { node, isFlow }
  throw new GantryError('Invalid', `"${key}" does not address a scalar node in "${name}"`)
}

function replacement(
  source: string,
  node: Scalar,
  value: ScalarValue,
  isFlow: boolean,
): { start: number; end: number; text: string } {
  const { start: valueStart, end } = rangeOf(node)
  const start = startWithTag(source, node, value, valueStart)
  const quote =
    node.type === 'QUOTE_DOUBLE' ? 'double' : node.type === 'QUOTE_SINGLE' ? 'single' : 'none'
  const text = renderScalar(value, { quote, isFlow })
  if (valueStart === end) {
    // An empty value: set apart from its colon or dash, and from a comment behind it.
    const before = /\s/u.test(source.charAt(start - 1)) ? '' : ' '
    const after = /^[\s]?$/u.test(source.charAt(end)) ? '' : ' '
    return { start, end, text: before + text + after }
  }
  // A block scalar's own text ends with its line.
  const lineEnd = /\r?\n$/u.exec(source.slice(valueStart, end))?.[0] ?? ''
  return { start, end, text: text + lineEnd }
}

/** A tag said how to read the old value: it stays where it says "string" and a string follows. */
function startWithTag(source: string, node: Scalar, value: ScalarValue, start: number): number {
  const isString = node.tag === undefined || node.tag === 'tag:yaml.org,2002:str'
  if (isString && (node.tag === undefined || typeof value === 'string')) return start
  const before = source.slice(0, start).trimEnd()
  if (before.length === start) return start
  let wordStart = before.length
  while (wordStart > 0 && !/[\s,[\]{}]/u.test(before.charAt(wordStart - 1))) wordStart -= 1
  const tag = before.indexOf('!', wordStart)
  return tag < 0 ? start : tag
}
