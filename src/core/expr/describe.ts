import { AnyMap } from './any-map.ts'
import { Boxed, isList } from './value.ts'
import type { Value } from './value.ts'

/** The kind of a value as messages name it, with Go's words. */
export function describeKind(value: Value | undefined): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>'
    case 'string':
      return 'string'
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int'
    case 'boolean':
      return 'bool'
    default:
      break
  }
  if (value === null) return '<nil>'
  if (isList(value)) return '[]interface {}'
  if (value instanceof Uint8Array) return '[]uint8'
  if (value instanceof AnyMap) return 'map[interface {}]interface {}'
  if (value instanceof Boxed) return value.typeName
  return 'map[string]interface {}'
}

/** What the builtin `type` answers. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return 'float'
    case 'bigint':
      return 'int'
    case 'boolean':
      return 'bool'
    default:
      break
  }
  if (value === null) return 'nil'
  if (isList(value) || value instanceof Uint8Array) return 'array'
  if (value instanceof Boxed) return value.typeName
  return 'map'
}
