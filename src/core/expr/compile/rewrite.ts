import type { BinaryNode, BinaryOperator, BuiltinNode, Node, PredicateNode } from '../ast.ts'
import { print } from '../print.ts'
import { usesIndex } from '../walk.ts'

/**
 * Rewritings that the original makes before it runs. They save work, and they show: a filter of a filter whose second
 * predicate is `false` never asks the first, and `sum([a, b, c])` adds from the right.
 */

function predicateOf(node: Node | undefined): PredicateNode | undefined {
  return node?.kind === 'predicate' ? node : undefined
}

function filterOf(
  node: Node | undefined,
): { readonly list: Node; readonly body: Node } | undefined {
  if (node?.kind !== 'builtin' || node.name !== 'filter') return undefined
  const [list] = node.args
  const body = predicateOf(node.args[1])?.body
  return list === undefined || body === undefined ? undefined : { list, body }
}

function builtin(name: string, args: readonly Node[], at: number): BuiltinNode {
  return { kind: 'builtin', name, args, at }
}

function predicate(body: Node, at: number): PredicateNode {
  return { kind: 'predicate', body, at }
}

const overFilters: ReadonlyMap<string, string> = new Map([
  ['len', 'count'],
  ['first', 'find'],
  ['last', 'findLast'],
])

/** `len`, `first` and `last` of a filter need no list: they count and find. */
export function rewriteBuiltin(node: BuiltinNode): Node | undefined {
  const name = overFilters.get(node.name)
  const filter = node.args.length === 1 ? filterOf(node.args[0]) : undefined
  if (name === undefined || filter === undefined) return undefined
  return builtin(name, [filter.list, predicate(filter.body, node.at)], node.at)
}

/** A filter of a filter asks both at once, and the sum of a literal list is its additions. */
export function rewritePredicate(node: BuiltinNode): Node | undefined {
  const [list] = node.args
  const body = predicateOf(node.args[1])?.body
  if (node.name === 'filter' && body !== undefined) {
    const filter = filterOf(list)
    if (filter === undefined) return undefined
    const both: BinaryNode = {
      kind: 'binary',
      operator: '&&',
      left: filter.body,
      right: body,
      at: body.at,
    }
    return builtin('filter', [filter.list, predicate(both, body.at)], node.at)
  }
  if (node.name === 'sum' && node.args.length === 1 && list?.kind === 'list')
    return sumOf(list.items)
  return undefined
}

function sumOf(items: readonly Node[]): Node | undefined {
  const [first] = items
  if (first === undefined || items.length < 2) return undefined
  // Literal lists of one kind are constants before they are summed.
  if (items.every(({ kind }) => kind === 'int') || items.every(({ kind }) => kind === 'string'))
    return undefined
  return items
    .slice(0, -1)
    .reduceRight<Node>(
      (right, left) => ({ kind: 'binary', operator: '+', left, right, at: left.at }),
      items.at(-1) ?? first,
    )
}

/** `all(xs, p) and all(xs, q)` runs over the list once; so do `any` with `or`, and `none` with `and`. */
export function combinePredicates(node: BinaryNode): Node | undefined {
  const { left, right, operator } = node
  if (left.kind !== 'builtin' || right.kind !== 'builtin' || left.name !== right.name)
    return undefined
  const inner = innerOperator(left.name, operator)
  const [list, other] = [left.args[0], right.args[0]]
  const first = predicateOf(left.args[1])?.body
  const second = predicateOf(right.args[1])?.body
  if (inner === undefined || list === undefined || other === undefined) return undefined
  if (first === undefined || second === undefined || print(list) !== print(other)) return undefined
  const both: BinaryNode = {
    kind: 'binary',
    operator: inner,
    left: first,
    right: second,
    at: node.at,
  }
  return builtin(left.name, [list, predicate(both, node.at)], left.at)
}

function innerOperator(name: string, operator: BinaryOperator): BinaryOperator | undefined {
  const isAnd = operator === 'and' || operator === '&&'
  const isOr = operator === 'or' || operator === '||'
  if (name === 'all' && isAnd) return '&&'
  if (name === 'any' && isOr) return '||'
  return name === 'none' && isAnd ? '||' : undefined
}

/** Names of builtins that only rewriting makes: the first and the last of a filter, or an error. */
export const firstOf = '#firstOf'
export const lastOf = '#lastOf'

/** `filter(...)[0]` and `filter(...)[-1]` stop at what they look for. */
export function rewriteMember(object: Node, property: Node): Node | undefined {
  const filter = filterOf(object)
  if (filter === undefined) return undefined
  const body = predicate(filter.body, object.at)
  if (property.kind === 'int' && property.value === 0n)
    return builtin(firstOf, [filter.list, body], object.at)
  const isLast =
    property.kind === 'unary' && property.operator === '-' && property.operand.kind === 'int'
  if (isLast && property.operand.value === 1n)
    return builtin(lastOf, [filter.list, body], object.at)
  return undefined
}

/** The filter under a `map`, when both can be done in one go. */
export function filterUnderMap(
  node: BuiltinNode,
): { readonly list: Node; readonly condition: Node; readonly body: Node } | undefined {
  const filter = node.name === 'map' ? filterOf(node.args[0]) : undefined
  const body = predicateOf(node.args[1])?.body
  if (filter === undefined || body === undefined || usesIndex(body)) return undefined
  return { list: filter.list, condition: filter.body, body }
}
