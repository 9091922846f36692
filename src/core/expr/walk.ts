import type { Node } from './ast.ts'

/** The nodes directly inside a node, in the order of the source. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'unary':
      return [node.operand]
    case 'binary':
      return [node.left, node.right]
    case 'comparison':
      return node.operands
    case 'member':
      return [node.object, node.property]
    case 'slice':
      return present(node.object, node.from, node.to)
    case 'chain':
      return [node.inner]
    case 'call':
      return [node.callee, ...node.args]
    case 'builtin':
      return node.args
    case 'predicate':
      return [node.body]
    case 'let':
      return [node.value, node.body]
    case 'sequence':
    case 'list':
      return node.items
    case 'conditional':
      return present(node.test, node.yes, node.no)
    case 'map':
      return node.pairs.flatMap(({ key, value }) => [key, value])
    case 'nil':
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'bytes':
    case 'name':
    case 'pointer':
      return []
  }
}

function present(...nodes: readonly (Node | undefined)[]): Node[] {
  return nodes.filter((node) => node !== undefined)
}

/** True when the body of a predicate looks at `#index`, its own and not that of a predicate inside. */
export function usesIndex(node: Node): boolean {
  if (node.kind === 'pointer') return node.name === 'index'
  return node.kind !== 'predicate' && childrenOf(node).some(usesIndex)
}
