import { AnyMap } from './any-map.ts'
import { Boxed, isList } from './value.ts'
import type { Value } from './value.ts'

type Primitive = 'string' | 'number' | 'bigint' | 'boolean'

/** Go's words for what JavaScript has itself. */
const goKinds: Readonly<Record<Primitive, string>> = {
  string: 'string',
  number: 'float64',
  bigint: 'int',
  boolean: 'bool',
}

function primitive(value: Value): Primitive | undefined {
  const kind = typeof value
  return kind === 'string' || kind === 'number' || kind === 'bigint' || kind === 'boolean'
    ? kind
    : undefined
}

/** The kind of a value as messages name it, with Go's words. */
export function describeKind(value: Value | undefined): string {
  if (value === null || value === undefined) return '<nil>'
  const kind = primitive(value)
  if (kind !== undefined) return goKinds[kind]
  if (isList(value)) return '[]interface {}'
  if (value instanceof Uint8Array) return '[]uint8'
  if (value instanceof AnyMap) return 'map[interface {}]interface {}'
  if (value instanceof Boxed) return value.typeName
  return 'map[string]interface {}'
}

/** What the builtin `type` answers. */
export function typeName(value: Value): string {
  if (value === null) return 'nil'
  const kind = primitive(value)
  if (kind !== undefined) return kind === 'number' ? 'float' : goKinds[kind]
  if (isList(value) || value instanceof Uint8Array) return 'array'
  if (value instanceof Boxed) return value.typeName
  return 'map'
}
