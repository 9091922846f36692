import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from 'yaml'
import { GantryError } from '../core/errors.ts'

/**
 * The plain value of a parsed YAML node: nothing shared, aliases and merge keys resolved, keys as text. Takes linear
 * time. Throws BadRequest with the offset in `at`, and TooLarge when aliases stand for more than `maxValues` values.
 */
export function yamlValue(
  root: ParsedNode | null,
  maxValues: number,
  at: (offset: number) => string,
): unknown {
  const anchors = new Map<string, unknown>()
  let left = maxValues

  const spend = (): void => {
    left -= 1
    if (left < 0) throw new GantryError('TooLarge', 'its aliases stand for too many values')
  }

  const convert = (node: unknown): unknown => {
    spend()
    if (isAlias(node)) {
      if (anchors.has(node.source)) return unshare(anchors.get(node.source))
      throw broken(node.range, `nothing is called &${node.source}`)
    }
    const value = isMap(node)
      ? convertMap(node)
      : isSeq(node)
        ? node.items.map(convert)
        : isScalar(node)
          ? node.value
          : null
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) {
      anchors.set(node.anchor, value)
    }
    return value
  }

  const convertMap = (map: YAMLMap): unknown => {
    const fields = new Map<string, unknown>()
    const merged: [string, unknown][] = []
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        merged.push(...mergedFields(convert(value)))
        continue
      }
      const name = keyText(key)
      if (fields.has(name)) throw broken(rangeOf(key), `the key "${name}" is there twice`)
      fields.set(name, convert(value))
    }
    for (const [name, value] of merged) if (!fields.has(name)) fields.set(name, value)
    return Object.fromEntries(fields)
  }

  const mergedFields = (value: unknown): [string, unknown][] => {
    if (Array.isArray(value)) return value.flatMap(mergedFields)
    if (typeof value === 'object' && value !== null) return Object.entries(value)
    throw new GantryError('BadRequest', 'the value of "<<" is not a mapping')
  }

  const keyText = (key: unknown): string => {
    const value = isAlias(key) ? convert(key) : isScalar(key) ? key.value : undefined
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw broken(rangeOf(key), 'a key must be text')
  }

  const unshare = (value: unknown): unknown => {
    spend()
    if (Array.isArray(value)) return value.map(unshare)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unshare(child)]))
  }

  const broken = (range: readonly number[] | null | undefined, what: string): GantryError =>
    new GantryError('BadRequest', `${at(range?.[0] ?? 0)}: ${what}`)

  return convert(root)
}

function isMergeKey(key: unknown): boolean {
  return (
    isScalar(key) && (typeof key.value === 'symbol' || (key.type === 'PLAIN' && key.value === '<<'))
  )
}

function rangeOf(key: unknown): readonly number[] | null | undefined {
  return isScalar(key) || isMap(key) || isSeq(key) || isAlias(key) ? key.range : undefined
}
