import type { Node } from '../ast.ts'
import type { Checked } from '../check.ts'
import { ExpressionError } from '../error.ts'
import type { Code, Frame } from '../frame.ts'
import type { Declarations, Signature } from '../signature.ts'
import { any } from '../types.ts'
import type { Type } from '../types.ts'
import type { Value } from '../value.ts'
import type { Compiled } from './compiled.ts'
import { stackedOperands } from './stack.ts'

export interface CompileOptions {
  readonly declarations?: Declarations | undefined
  /** Wraps the code of every node: for tracing and for finding where an error arose. */
  readonly instrument?: ((node: Node, code: Code) => Code) | undefined
}

export interface Variable {
  readonly name: string
  readonly type: Type
  readonly slot: number
}

/** What `#` and its like mean inside a predicate. */
export interface Scope {
  readonly element: Type
  readonly elementSlot: number
  readonly indexSlot: number
  readonly accumulatorSlot: number
  /** The names that may follow `#`. */
  readonly names: readonly string[]
}

/** The state of one compilation, and what every kind of node needs of it. */
export class Compiler {
  readonly source: string
  /** True while every node's code is wrapped: then each node must run its own children. */
  readonly instrumented: boolean
  readonly variables: Variable[] = []
  readonly scopes: Scope[] = []
  /** Nodes visited so far: what a predicate costs is how many it has. */
  visited = 0
  /** Calls so far that may leave their arguments behind; see `stack.ts`. */
  leaky = 0
  readonly #compileNode: (compiler: Compiler, node: Node) => Compiled
  readonly #options: CompileOptions
  #slots = 0
  /**
   * Above zero inside what Go's checker does not look at: arguments of unknown functions, members of `$env`, bounds of
   * slices of unknown values. There a wrong type is an error only when it is run.
   */
  #unchecked = 0

  constructor(
    source: string,
    options: CompileOptions,
    compileNode: (compiler: Compiler, node: Node) => Compiled,
  ) {
    this.source = source
    this.#options = options
    this.#compileNode = compileNode
    this.instrumented = options.instrument !== undefined
  }

  visit(node: Node): Compiled {
    this.visited++
    const compiled = this.#compileNode(this, node)
    const { instrument } = this.#options
    return instrument === undefined
      ? compiled
      : { ...compiled, code: instrument(node, compiled.code) }
  }

  /** Visits without checking types when the condition holds. */
  visitUnchecked(node: Node, unchecked: boolean): Compiled {
    if (!unchecked) return this.visit(node)
    this.#unchecked++
    const compiled = this.visit(node)
    this.#unchecked--
    return compiled
  }

  get checks(): boolean {
    return this.#unchecked === 0
  }

  newSlot(): number {
    return this.#slots++
  }

  declared(name: string): readonly Signature[] | undefined {
    return this.#options.declarations?.functions.get(name)
  }

  fail(node: Node, reason: string, nearest?: string): ExpressionError {
    return new ExpressionError({
      kind: 'compile',
      reason,
      source: this.source,
      offset: node.at,
      nearest,
    })
  }

  /** Throws the compile error, unless this is where types are not checked. */
  wrong(node: Node, reason: string, nearest?: string): void {
    if (this.checks) throw this.fail(node, reason, nearest)
  }

  /** The type, or the compile error of what was found wrong. */
  checked(node: Node, checked: Checked): Type {
    if (checked.kind !== 'wrong') return checked
    this.wrong(node, checked.reason)
    return any
  }

  /** Runs what may throw a call error while compiling, and gives it its place. */
  attempt<T>(node: Node, work: () => T): T {
    try {
      return work()
    } catch (thrown) {
      if (
        thrown instanceof ExpressionError &&
        thrown.position === undefined &&
        thrown.kind === 'run'
      ) {
        throw this.fail(node, thrown.reason)
      }
      throw thrown
    }
  }

  /** The values of arguments and elements, in their order. `leaky` is the count from before they were visited. */
  operands(operands: readonly Compiled[], leaky: number): (frame: Frame) => Value[] {
    const codes = operands.map(({ code }) => code)
    if (this.leaky > leaky) return (frame) => stackedOperands(codes, frame)
    const [first, second] = codes
    if (first !== undefined && codes.length === 1) return (frame) => [first(frame)]
    if (first !== undefined && second !== undefined && codes.length === 2) {
      return (frame) => [first(frame), second(frame)]
    }
    return (frame) => codes.map((code) => code(frame))
  }
}
