/** What a source text means, before anything is known of types. Plain data, frozen by nobody, changed by nobody. */
export type Node =
  | NilNode
  | BoolNode
  | IntNode
  | FloatNode
  | StringNode
  | BytesNode
  | NameNode
  | UnaryNode
  | BinaryNode
  | ComparisonNode
  | MemberNode
  | SliceNode
  | ChainNode
  | CallNode
  | BuiltinNode
  | PredicateNode
  | PointerNode
  | LetNode
  | SequenceNode
  | ConditionalNode
  | ListNode
  | MapNode

interface Placed {
  /** Where it stands in the source, in UTF-16 units. */
  readonly at: number
}

export interface NilNode extends Placed {
  readonly kind: 'nil'
}
export interface BoolNode extends Placed {
  readonly kind: 'bool'
  readonly value: boolean
}
export interface IntNode extends Placed {
  readonly kind: 'int'
  readonly value: bigint
}
export interface FloatNode extends Placed {
  readonly kind: 'float'
  readonly value: number
}
export interface StringNode extends Placed {
  readonly kind: 'string'
  readonly value: string
}
export interface BytesNode extends Placed {
  readonly kind: 'bytes'
  readonly value: Uint8Array
}
/** A variable, or a function that is not called. */
export interface NameNode extends Placed {
  readonly kind: 'name'
  readonly name: string
}
export interface UnaryNode extends Placed {
  readonly kind: 'unary'
  readonly operator: UnaryOperator
  readonly operand: Node
}
export interface BinaryNode extends Placed {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Node
  readonly right: Node
}
/** `a < b <= c`: each operand is compared with the next, and computed once. At least three operands. */
export interface ComparisonNode extends Placed {
  readonly kind: 'comparison'
  readonly operands: readonly Node[]
  readonly operators: readonly ComparisonOperator[]
}
/** `object.name` and `object[property]`. */
export interface MemberNode extends Placed {
  readonly kind: 'member'
  readonly object: Node
  readonly property: Node
  /** Written with `?.`: a nil object ends the chain that this is in. */
  readonly optional: boolean
}
export interface SliceNode extends Placed {
  readonly kind: 'slice'
  readonly object: Node
  readonly from: Node | undefined
  readonly to: Node | undefined
}
/** The reach of a `?.`: what is inside gives nil as a whole when an optional member finds nil. */
export interface ChainNode extends Placed {
  readonly kind: 'chain'
  readonly inner: Node
}
export interface CallNode extends Placed {
  readonly kind: 'call'
  readonly callee: Node
  readonly args: readonly Node[]
}
export interface BuiltinNode extends Placed {
  readonly kind: 'builtin'
  readonly name: string
  readonly args: readonly Node[]
}
export interface PredicateNode extends Placed {
  readonly kind: 'predicate'
  readonly body: Node
}
/** `#`, `#index` and `#acc`; the name is empty for the element. */
export interface PointerNode extends Placed {
  readonly kind: 'pointer'
  readonly name: string
}
export interface LetNode extends Placed {
  readonly kind: 'let'
  readonly name: string
  readonly value: Node
  readonly body: Node
}
export interface SequenceNode extends Placed {
  readonly kind: 'sequence'
  readonly items: readonly Node[]
}
export interface ConditionalNode extends Placed {
  readonly kind: 'conditional'
  readonly test: Node
  /** Absent in `test ?: no`, which gives the test itself. */
  readonly yes: Node | undefined
  readonly no: Node
}
export interface ListNode extends Placed {
  readonly kind: 'list'
  readonly items: readonly Node[]
}
export interface MapNode extends Placed {
  readonly kind: 'map'
  readonly pairs: readonly { readonly key: Node; readonly value: Node }[]
}

export type ComparisonOperator = '<' | '>' | '<=' | '>='

export type UnaryOperator = 'not' | '!' | '+' | '-'

export type BinaryOperator =
  | 'or'
  | '||'
  | 'and'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '..'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '^'
  | '??'

export const unaryPrecedence: ReadonlyMap<string, { operator: UnaryOperator; precedence: number }> =
  new Map([
    ['not', { operator: 'not', precedence: 50 }],
    ['!', { operator: '!', precedence: 50 }],
    ['+', { operator: '+', precedence: 90 }],
    ['-', { operator: '-', precedence: 90 }],
  ])

export interface BinaryFacts {
  readonly operator: BinaryOperator
  readonly precedence: number
  readonly rightAssociative: boolean
}

const levels: readonly (readonly [number, readonly BinaryOperator[]])[] = [
  [10, ['or', '||']],
  [15, ['and', '&&']],
  [20, ['==', '!=', '<', '>', '<=', '>=', 'in', 'matches', 'contains', 'startsWith', 'endsWith']],
  [25, ['..']],
  [30, ['+', '-']],
  [60, ['*', '/', '%']],
  [100, ['**', '^']],
  [500, ['??']],
]

export const binaryOperators: ReadonlyMap<string, BinaryFacts> = new Map(
  levels.flatMap(([precedence, operators]) =>
    operators.map((operator) => [
      operator,
      { operator, precedence, rightAssociative: precedence === 100 },
    ]),
  ),
)

/** The pipe binds weakest of all. */
export const pipePrecedence = 0

const comparisons: ReadonlyMap<string, ComparisonOperator> = new Map([
  ['<', '<'],
  ['>', '>'],
  ['<=', '<='],
  ['>=', '>='],
])

/** The operator, when it may be chained: `a < b < c` is `a < b && b < c`. */
export function comparisonOperator(text: string): ComparisonOperator | undefined {
  return comparisons.get(text)
}

/** Operators that may be negated in place: `a not in b`. */
export const negatable: ReadonlySet<string> = new Set([
  'in',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
])
