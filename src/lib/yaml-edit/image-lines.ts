import { isMap, isScalar, type Document, type YAMLSeq } from 'yaml'
import type { ImageEntry } from '../../core/yaml.ts'
import { imageFields, sameImages, type WrittenImage } from './image-entry.ts'
import { rangeOf } from './parse.ts'
import { renderScalar } from './render.ts'

/** Writes the list anew, entry by entry; those that did not change keep their own text with its comments. */
export function rewriteImageList(
  source: string,
  document: Document.Parsed | undefined,
  list: YAMLSeq | undefined,
  existing: readonly WrittenImage[],
  images: readonly ImageEntry[],
): string {
  const newline = source.includes('\r\n') ? '\r\n' : '\n'
  const lines = source === '' ? [] : source.split(/(?<=\n)/u)
  const { from, to, indent } = listLines(source, lines, document, list)
  const chunks = entryChunks(source, lines, list, existing, from, to)
  const before = new Map(existing.map(({ entry }) => [entry.name, entry]))
  const written = images.map((image) => {
    const own = chunks.get(image.name)
    const old = before.get(image.name)
    if (own !== undefined && old !== undefined && sameImages([old], [image])) return own
    return (own === undefined ? '' : leadingComments(own)) + renderEntry(image, indent, newline)
  })
  const head = lines.slice(0, from).join('')
  const start = head === '' || head.endsWith('\n') ? head : head + newline
  const isListed = list !== undefined && list.flow !== true
  return `${start}${isListed ? '' : `images:${newline}`}${written.join('')}${lines.slice(to).join('')}`
}

/** Which lines the list takes, `to` excluded; without a list, where it is to go. */
function listLines(
  source: string,
  lines: readonly string[],
  document: Document.Parsed | undefined,
  list: YAMLSeq | undefined,
): { from: number; to: number; indent: string } {
  const pair =
    document !== undefined && isMap(document.contents)
      ? document.contents.items.find(({ key }) => isScalar(key) && key.value === 'images')
      : undefined
  if (pair === undefined || !isScalar(pair.key)) {
    const end = firstDocumentEnd(source, document)
    const at = end === source.length ? lines.length : lineAt(source, end)
    return { from: at, to: at, indent: '' }
  }
  const keyLine = lineAt(source, rangeOf(pair.key).start)
  if (list === undefined || list.flow === true) {
    const end = list === undefined ? rangeOf(pair.key).end : rangeOf(list).end
    return { from: keyLine, to: lineAt(source, Math.max(end - 1, 0)) + 1, indent: '' }
  }
  const { start, end } = rangeOf(list)
  const lineStart = source.lastIndexOf('\n', start - 1) + 1
  return {
    from: keyLine + 1,
    to: lineAt(source, Math.max(end - 1, start)) + 1,
    indent: /^ */u.exec(source.slice(lineStart))?.[0] ?? '',
  }
}

/** The text of each entry, from the comments above it to the line before the next one's. */
function entryChunks(
  source: string,
  lines: readonly string[],
  list: YAMLSeq | undefined,
  existing: readonly WrittenImage[],
  from: number,
  to: number,
): Map<string, string> {
  const chunks = new Map<string, string>()
  if (list === undefined || list.flow === true) return chunks
  const starts = existing.map(({ node }) => lineAt(source, rangeOf(node).start))
  let begin = from
  for (const [index, { entry }] of existing.entries()) {
    const next = starts[index + 1]
    const end = next === undefined ? to : startWithComments(lines, starts[index] ?? 0, next)
    const text = lines.slice(begin, end).join('')
    chunks.set(entry.name, text === '' || text.endsWith('\n') ? text : `${text}\n`)
    begin = end
  }
  return chunks
}

/** The line where an entry begins when the comments right above it belong to it. */
function startWithComments(lines: readonly string[], above: number, start: number): number {
  let line = start
  while (line - 1 > above && isComment(lines[line - 1])) line -= 1
  return line
}

function renderEntry(image: ImageEntry, indent: string, newline: string): string {
  const set = imageFields.filter((field) => image[field] !== undefined && image[field] !== '')
  return set
    .map((field, index) => {
      const value = renderScalar(image[field] ?? '', { quote: 'none', isFlow: false })
      return `${indent}${index === 0 ? '- ' : '  '}${field}: ${value}${newline}`
    })
    .join('')
}

function leadingComments(chunk: string): string {
  const lines = chunk.split(/(?<=\n)/u)
  const first = lines.findIndex((line) => !isComment(line) && line.trim() !== '')
  return lines.slice(0, Math.max(first, 0)).join('')
}

function firstDocumentEnd(source: string, document: Document.Parsed | undefined): number {
  if (document === undefined) return source.length
  const end = document.range[1]
  const marker = /^(?:---|\.\.\.)(?:\s|$)/mu.exec(source.slice(end))
  return marker === null ? source.length : end + marker.index
}

export function isComment(line: string | undefined): boolean {
  return line !== undefined && line.trimStart().startsWith('#')
}

function lineAt(source: string, offset: number): number {
  let line = 0
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) {
    line += 1
  }
  return line
}
