import { nearest } from '../../nearest.ts'
import { element, property, slice } from '../access.ts'
import type { MemberNode, Node, SliceNode } from '../ast.ts'
import type { Code, Frame } from '../frame.ts'
import { fieldOf, methodOf } from '../object-types.ts'
import { any, int, isAny, isArray, isInt, typeText } from '../types.ts'
import type { MapType, Type } from '../types.ts'
import { isNil } from '../value.ts'
import type { Value } from '../value.ts'
import { ended } from './compiled.ts'
import type { Compiled } from './compiled.ts'
import type { Compiler } from './compiler.ts'
import { pathCode, propertyCode } from './path-code.ts'
import { rewriteMember } from './rewrite.ts'

/** `object.name` and `object[key]`. */
export function compileMember(compiler: Compiler, node: MemberNode): Compiled {
  const rewritten = node.optional ? undefined : rewriteMember(node.object, node.property)
  if (rewritten !== undefined) return compiler.visit(rewritten)
  const object = compiler.visit(node.object)
  const { type } = object
  if (node.property.kind === 'string') {
    const name = node.property.value
    const memberType = propertyType(compiler, node, type, name)
    const path = object.path && !node.optional ? [...object.path, name] : undefined
    const code = (path && pathCode(path)) ?? propertyCode(object.code, name)
    return {
      ...linked(object, node.optional, memberType, code, (value) => property(value, name)),
      path,
    }
  }
  const isEnv = node.object.kind === 'name' && node.object.name === '$env'
  const key = compiler.visitUnchecked(node.property, isEnv)
  const memberType = elementType(compiler, node, type, key.type)
  const keyCode = key.code
  const objectCode = object.code
  return linked(
    object,
    node.optional,
    memberType,
    (frame) => element(objectCode(frame), keyCode(frame), frame),
    (value, frame) => element(value, keyCode(frame), frame),
  )
}

function propertyType(compiler: Compiler, node: MemberNode, type: Type, name: string): Type {
  if (isAny(type)) return any
  if (type.kind === 'map') return type.element
  if (type.kind === 'object') {
    const method = methodOf(type, name)
    if (method !== undefined) return { kind: 'func', signature: method }
    const field = fieldOf(type, name)
    if (field !== undefined) return field
  }
  const known = type.kind === 'object' ? Object.keys({ ...type.fields, ...type.methods }) : []
  compiler.wrong(node, `type ${typeText(type)} has no field ${name}`, nearest(name, known))
  return any
}

function elementType(compiler: Compiler, node: MemberNode, type: Type, key: Type): Type {
  if (isAny(type)) return any
  if (type.kind === 'map') {
    if (!takesKey(type, key)) {
      compiler.wrong(
        node.property,
        `cannot use ${typeText(key)} to get an element from ${typeText(type)}`,
      )
    }
    return type.element
  }
  if (isArray(type) || type.kind === 'bytes' || type.kind === 'string') {
    if (!isInt(key) && !isAny(key)) {
      compiler.wrong(
        node.property,
        `array elements can only be selected using an integer (got ${typeText(key)})`,
      )
    }
    return isArray(type) ? type.element : int
  }
  compiler.wrong(node, `type ${typeText(type)}[${typeText(key)}] is undefined`)
  return any
}

function takesKey(type: MapType, key: Type): boolean {
  return type.key === 'any' || isAny(key) || key.kind === 'string' || key.kind === 'nil'
}

/** A member in its chain: what ended stays ended, and an optional member of nil ends the chain. */
function linked(
  object: Compiled,
  optional: boolean,
  type: Type,
  plain: Code,
  read: (value: Value, frame: Frame) => Value,
): Compiled {
  const ends = optional || object.ends === true
  if (!ends) return { type, code: plain }
  const { code } = object
  return {
    type,
    ends,
    code: (frame) => {
      const value = code(frame)
      if (value === ended || (optional && isNil(value))) return ended
      return read(value, frame)
    },
  }
}

/** The end of a chain: what ended in it is nil, and so is a nil list. */
export function compileChain(inner: Compiled): Compiled {
  const { code, type } = inner
  return {
    type,
    code: (frame) => {
      const value = code(frame)
      return value === ended || isNil(value) ? null : value
    },
  }
}

/** `object[from:to]`. */
export function compileSlice(compiler: Compiler, node: SliceNode): Compiled {
  const object = compiler.visit(node.object)
  const { type, code } = object
  if (!isAny(type) && !isArray(type) && type.kind !== 'string' && type.kind !== 'bytes') {
    compiler.wrong(node, `cannot slice ${typeText(type)}`)
  }
  const from = bound(compiler, node.from, isAny(type))
  const to = bound(compiler, node.to, isAny(type))
  return { type, code: (frame) => slice(code(frame), from?.(frame), to?.(frame), frame) }
}

function bound(compiler: Compiler, node: Node | undefined, unchecked: boolean): Code | undefined {
  if (node === undefined) return undefined
  const compiled = compiler.visitUnchecked(node, unchecked)
  if (!unchecked && !isInt(compiled.type) && !isAny(compiled.type)) {
    compiler.wrong(node, `non-integer slice index ${typeText(compiled.type)}`)
  }
  return compiled.code
}
