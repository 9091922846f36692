import { nearest } from '../../nearest.ts'
import type { BuiltinNode, PointerNode } from '../ast.ts'
import { predicateShape } from '../builtin-names.ts'
import { any, arrayOf, bool, int, isAny, isArray, isBool, typeText } from '../types.ts'
import type { Type } from '../types.ts'
import type { Compiled } from './compiled.ts'
import type { Compiler, Scope } from './compiler.ts'
import { elementCode, predicateCode } from './predicate-code.ts'
import { filterUnderMap, firstOf, lastOf, rewritePredicate } from './rewrite.ts'

/** Builtins whose predicate must give a bool. */
const asksBool: ReadonlySet<string> = new Set([
  'all',
  'none',
  'any',
  'one',
  'filter',
  'count',
  'find',
  'findLast',
  'findIndex',
  'findLastIndex',
  firstOf,
  lastOf,
])

export function takesPredicate(name: string): boolean {
  return predicateShape(name) !== undefined || name === firstOf || name === lastOf
}

/** `filter(list, predicate)` and its like. */
export function compilePredicate(compiler: Compiler, node: BuiltinNode): Compiled {
  const rewritten = rewritePredicate(node)
  if (rewritten !== undefined) return compiler.visit(rewritten)
  const { name } = node
  const fused = filterUnderMap(node)
  const [listNode, bodyNode, extraNode] = fused === undefined ? node.args : [fused.list, fused.body]
  if (listNode === undefined) throw compiler.fail(node, `not enough arguments to call ${name}`)
  const list = compiler.visit(listNode)
  if (!isArray(list.type) && !isAny(list.type) && list.type.kind !== 'bytes') {
    compiler.wrong(listNode, `builtin ${name} takes only array (got ${typeText(list.type)})`)
  }
  const elementType = isArray(list.type) ? list.type.element : any
  const scope = newScope(compiler, name, elementType)
  const before = compiler.visited
  compiler.scopes.push(scope)
  const filter = fused && compiler.visit(fused.condition)
  const body = bodyNode && compiler.visit(bodyNode)
  compiler.scopes.pop()
  const cost = 1 + compiler.visited - before
  const extra = extraNode && compiler.visit(extraNode)
  const asked = filter ?? (asksBool.has(name) ? body : undefined)
  if (asked !== undefined && !isBool(asked.type) && !isAny(asked.type)) {
    compiler.wrong(
      node.args[1] ?? node,
      `predicate should return boolean (got ${typeText(asked.type)})`,
    )
  }
  const slots = {
    element: scope.elementSlot,
    index: scope.indexSlot,
    accumulator: scope.accumulatorSlot,
    cost,
  }
  const parts = { body: body?.code, extra: extra?.code, filter: filter?.code }
  return {
    type: predicateType(name, list.type, elementType, body?.type),
    code: predicateCode(name, list.code, parts, slots),
  }
}

function newScope(compiler: Compiler, name: string, element: Type): Scope {
  return {
    element,
    elementSlot: compiler.newSlot(),
    indexSlot: compiler.newSlot(),
    accumulatorSlot: compiler.newSlot(),
    names: name === 'reduce' ? ['index', 'acc'] : name === 'map' ? ['index'] : [],
  }
}

/** `#`, `#index` and `#acc`: of the innermost predicate. */
export function compilePointer(compiler: Compiler, node: PointerNode): Compiled {
  const scope = compiler.scopes.at(-1)
  if (scope === undefined)
    throw compiler.fail(node, 'cannot use pointer accessor outside predicate')
  if (node.name === '') return { type: scope.element, code: elementCode(scope.elementSlot) }
  if (!scope.names.includes(node.name)) {
    throw compiler.fail(node, `unknown pointer #${node.name}`, nearest(node.name, scope.names))
  }
  const isIndex = node.name === 'index'
  const slot = isIndex ? scope.indexSlot : scope.accumulatorSlot
  return { type: isIndex ? int : any, code: (frame) => frame.slots[slot] ?? null }
}

function predicateType(name: string, list: Type, element: Type, body: Type | undefined): Type {
  switch (name) {
    case 'all':
    case 'none':
    case 'any':
    case 'one':
      return bool
    case 'filter':
      return arrayOf(element)
    case 'map':
      return arrayOf(body ?? any)
    case 'find':
    case 'findLast':
    case firstOf:
    case lastOf:
      return element
    case 'findIndex':
    case 'findLastIndex':
    case 'count':
      return int
    case 'sum':
      return body ?? element
    case 'groupBy':
      return { kind: 'map', key: 'any', element: arrayOf(element) }
    case 'sortBy':
      return list
    default:
      return body ?? any
  }
}
