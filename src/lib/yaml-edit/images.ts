import { isMap, isScalar, isSeq, type Document, type YAMLMap, type YAMLSeq } from 'yaml'
import { GantryError } from '../../core/errors.ts'
import type { ImageEdit, ImageEntry } from '../../core/yaml.ts'
import { imageFields, sameImages, type WrittenImage } from './image-entry.ts'
import { isComment, rewriteImageList } from './image-lines.ts'
import { keyText, pairOf, parseFirstDocument, rangeOf } from './parse.ts'
import { renderScalar } from './render.ts'

/** Stands for "as the entry has it now". */
const keep = '*'

/**
 * Sets entries of a kustomization's `images` by name and keeps the list sorted by name. A value of `*` is the one that
 * the entry has already. Entries that are not set stay, and so does every comment and every other line: where only
 * values change, only their characters do. Returns the new text and the whole list.
 */
export function setImages(
  source: string,
  targets: readonly ImageEntry[],
  fileName: string,
): ImageEdit {
  const isEmpty = source.split('\n').every((line) => line.trim() === '' || isComment(line))
  const document = isEmpty ? undefined : parseFirstDocument(source, fileName)
  const list = document === undefined ? undefined : imagesOf(document, fileName)
  const existing = list === undefined ? [] : readEntries(list, fileName)
  const merged = new Map(existing.map(({ entry }) => [entry.name, entry]))
  for (const target of targets)
    merged.set(target.name, resolveKept(target, merged.get(target.name)))
  const images = [...merged.values()].sort(byName)

  const edited = list && editInPlace(source, list, existing, merged, images)
  const root = document?.contents
  const text =
    edited ??
    (isMap(root) && root.flow === true
      ? rewriteInBraces(source, root, images, fileName)
      : rewriteImageList(source, document, list, existing, images))
  const after = parseFirstDocument(text, fileName)
  const check = readEntries(imagesOf(after, fileName), fileName)
  const isComplete = rootKeys(document).every((key) => rootKeys(after).includes(key))
  if (
    !isComplete ||
    !sameImages(
      check.map(({ entry }) => entry),
      images,
    )
  ) {
    throw new GantryError('Internal', `the images of "${fileName}" could not be set`)
  }
  return { text, images }
}

function imagesOf(document: Document.Parsed, fileName: string): YAMLSeq | undefined {
  const root = document.contents
  if (root === null || (isScalar(root) && root.value === null)) return undefined
  if (!isMap(root)) throw new GantryError('Invalid', `"${fileName}" is not a kustomization`)
  const value = pairOf(root, 'images', fileName)?.value
  if (value === undefined || value === null || (isScalar(value) && value.value === null)) {
    return undefined
  }
  if (!isSeq(value)) {
    throw new GantryError('Invalid', `"images" of "${fileName}" is not a list`)
  }
  return value
}

function readEntries(list: YAMLSeq | undefined, fileName: string): WrittenImage[] {
  return (list?.items ?? []).map((node) => {
    if (!isMap(node)) {
      throw new GantryError('Invalid', `"images" of "${fileName}" holds something that is no image`)
    }
    const values = imageFields.map((field): [string, string | undefined] => {
      const value = pairOf(node, field, fileName)?.value
      if (value === undefined) return [field, undefined]
      if (!isScalar(value)) {
        throw new GantryError('Invalid', `"${field}" of an image in "${fileName}" is not a text`)
      }
      // `newTag: 1.10` means the text: kustomize itself reads it so.
      return [field, value.source ?? '']
    })
    const { name, ...rest } = Object.fromEntries(values)
    return { entry: { name: name ?? '', ...rest }, node }
  })
}

function resolveKept(target: ImageEntry, before: ImageEntry | undefined): ImageEntry {
  const resolve = (field: 'newName' | 'newTag' | 'digest'): string | undefined =>
    target[field] === keep ? before?.[field] : target[field] || undefined
  return {
    name: target.name,
    newName: resolve('newName'),
    newTag: resolve('newTag'),
    digest: resolve('digest'),
  }
}

/** When the entries, their order and their fields are the same, only values have to change. */
function editInPlace(
  source: string,
  list: YAMLSeq,
  existing: readonly WrittenImage[],
  merged: ReadonlyMap<string, ImageEntry>,
  images: readonly ImageEntry[],
): string | undefined {
  const isSameOrder =
    existing.length === images.length &&
    existing.every(({ entry }, index) => entry.name === images[index]?.name)
  if (!isSameOrder) return undefined
  const edits: { start: number; end: number; text: string }[] = []
  for (const { entry, node } of existing) {
    const next = merged.get(entry.name)
    for (const field of imageFields) {
      const value = next?.[field]
      const old = entry[field]
      if (value === old || (value ?? '') === (old ?? '')) continue
      const place = node.items.find((pair) => isScalar(pair.key) && pair.key.value === field)?.value
      if (value === undefined || !isScalar(place) || rangeOf(place).start === rangeOf(place).end) {
        return undefined
      }
      if (place.type === 'BLOCK_LITERAL' || place.type === 'BLOCK_FOLDED') return undefined
      const quote =
        place.type === 'QUOTE_DOUBLE' ? 'double' : place.type === 'QUOTE_SINGLE' ? 'single' : 'none'
      const isFlow = list.flow === true || node.flow === true
      edits.push({ ...rangeOf(place), text: renderScalar(value, { quote, isFlow }) })
    }
  }
  let text = source
  for (const edit of edits.sort((a, b) => b.start - a.start)) {
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end)
  }
  return text
}

function rootKeys(document: Document.Parsed | undefined): readonly (string | undefined)[] {
  return isMap(document?.contents) ? document.contents.items.map(({ key }) => keyText(key)) : []
}

/** The same where the whole file is one mapping in braces, as JSON is. */
function rewriteInBraces(
  source: string,
  root: YAMLMap,
  images: readonly ImageEntry[],
  fileName: string,
): string {
  const written = `[${images.map(entryInBraces).join(', ')}]`
  const pair = root.items.find(({ key }) => keyText(key) === 'images')
  if (pair !== undefined && isScalar(pair.key)) {
    const { end } = rangeOf(pair.key)
    const { value } = pair
    const valueEnd = isScalar(value) || isSeq(value) ? rangeOf(value).end : end
    return `${source.slice(0, end)}: ${written}${source.slice(Math.max(end, valueEnd))}`
  }
  const head = source.slice(0, rangeOf(root).end - 1).trimEnd()
  if (head.slice(head.lastIndexOf('\n') + 1).includes('#')) {
    throw new GantryError(
      'Invalid',
      `"${fileName}" may end in a comment before its last brace: add "images": [] to it`,
    )
  }
  const isFirst = root.items.length === 0
  const before = isFirst ? '' : head.endsWith(',') ? ' ' : ', '
  return `${head}${before}"images": ${written}${source.slice(head.length)}`
}

function entryInBraces(image: ImageEntry): string {
  const set = imageFields.flatMap((field) =>
    image[field]
      ? [`"${field}": ${renderScalar(image[field], { quote: 'double', isFlow: true })}`]
      : [],
  )
  return `{${set.join(', ')}}`
}

function byName(a: ImageEntry, b: ImageEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
