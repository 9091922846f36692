/**
 * Static types, as far as they are known before running: literals, operators, builtins and declared functions have
 * one; variables do not, they are `any`.
 */
export type Type =
  | { readonly kind: 'any' }
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int' }
  | { readonly kind: 'float' }
  | { readonly kind: 'string' }
  | { readonly kind: 'bytes' }
  | FunctionType
  | ArrayType
  | MapType
  | ObjectType

export interface FunctionType {
  readonly kind: 'func'
  /** A method whose call is known to give this. */
  readonly signature?: Signature | undefined
}

export interface ArrayType {
  readonly kind: 'array'
  readonly element: Type
}

export interface MapType {
  readonly kind: 'map'
  /** `string`: keys must be strings. `any`: what `groupBy` gives. */
  readonly key: 'string' | 'any'
  readonly element: Type
}

/** A named type with fields and methods: time.Time, a version, an image. `name` is what messages call it. */
export interface ObjectType {
  readonly kind: 'object'
  readonly name: string
  /** What it is made of: two types of one shape may be compared. */
  readonly shape: 'struct' | 'int' | 'int64' | 'string' | 'pointer'
  readonly fields: Readonly<Record<string, Type>>
  readonly methods: Readonly<Record<string, Signature>>
}

/** One way to call a function: the types of its parameters and of its result. */
export interface Signature {
  readonly params: readonly Type[]
  /** How many of the parameters may be left out at the end. */
  readonly optional?: number | undefined
  /** The last parameter may be repeated, also zero times. */
  readonly variadic?: boolean | undefined
  readonly result: Type
}

export const any: Type = { kind: 'any' }
export const nil: Type = { kind: 'nil' }
export const bool: Type = { kind: 'bool' }
export const int: Type = { kind: 'int' }
export const float: Type = { kind: 'float' }
export const string: Type = { kind: 'string' }
export const bytes: Type = { kind: 'bytes' }
export const func: Type = { kind: 'func' }
export const anyMap: Type = { kind: 'map', key: 'string', element: any }
export const stringMap: Type = { kind: 'map', key: 'string', element: string }
export const anyList: Type = { kind: 'array', element: any }

export function arrayOf(element: Type): Type {
  return { kind: 'array', element }
}

export function signature(params: readonly Type[], result: Type, optional = 0): Signature {
  return { params, result, optional }
}

/** The type as messages name it. */
export function typeText(type: Type): string {
  if (type.kind === 'any') return 'unknown'
  if (type.kind === 'float') return 'float64'
  if (type.kind === 'bytes') return '[]uint8'
  if (type.kind === 'array') return '[]interface {}'
  if (type.kind === 'object') return type.name
  if (type.kind !== 'map') return type.kind
  return type.key === 'string' ? 'map[string]interface {}' : 'map[interface {}]interface {}'
}

export const isAny = (type: Type): boolean => type.kind === 'any'
export const isInt = (type: Type): boolean => type.kind === 'int'
export const isNumber = (type: Type): boolean => type.kind === 'int' || type.kind === 'float'
export const isString = (type: Type): boolean => type.kind === 'string'
export const isBool = (type: Type): boolean => type.kind === 'bool'
export const isArray = (type: Type): type is ArrayType => type.kind === 'array'

/** True when `==` of these two can be meant: one is not known, one is nil, both are numbers, or both of one make. */
export function isComparable(a: Type, b: Type): boolean {
  if (isAny(a) || isAny(b) || a.kind === 'nil' || b.kind === 'nil') return true
  if (isNumber(a) && isNumber(b)) return true
  return make(a) === make(b)
}

/** What two types share when values of one may be assigned to the other. */
function make(type: Type): string {
  if (type.kind === 'object') return type.name
  return type.kind === 'map' ? `map of ${type.key} to ${type.element.kind}` : type.kind
}

/** May a value of this type be passed where the other is wanted? What is not known may. */
export function isAssignable(from: Type, to: Type): boolean {
  if (isAny(from) || isAny(to)) return true
  if (from.kind === 'object' && to.kind === 'object') return from.name === to.name
  if (from.kind === 'map' && to.kind === 'map') return from.key === to.key
  return from.kind === to.kind
}
