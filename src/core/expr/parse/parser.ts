import type { Node } from '../ast.ts'
import { ExpressionError } from '../error.ts'
import { lex } from '../lexer.ts'
import type { Token, TokenKind } from '../lexer.ts'

/** Nodes of one expression. */
const maxNodes = 10_000
/** Brackets, branches and operators inside one another: far below what the stack of any engine takes. */
const maxNesting = 500
/** Operators and members in a row: their tree is as high as the row is long. */
const maxHeight = 1_500

/** The grammar's two entry points, which every part of it needs. */
export interface Grammar {
  /** Expressions separated by `;`. */
  sequence(parser: Parser): Node
  /** One expression whose operators bind at least so strongly. */
  expression(parser: Parser, precedence: number): Node
}

/** The tokens of a source text, the place in them, and the nodes made so far. */
export class Parser {
  /** How many predicates this is inside of. */
  predicates = 0
  readonly source: string
  readonly overridden: ReadonlyMap<string, unknown> | undefined
  readonly #tokens: readonly Token[]
  readonly #grammar: Grammar
  /** The height of each finished node's tree, to bound chains that nest without recursion. */
  readonly #heights = new Map<Node, number>()
  #position = 0
  #token: Token
  #nodes = 0
  #depth = 0

  constructor(
    source: string,
    overridden: ReadonlyMap<string, unknown> | undefined,
    grammar: Grammar,
  ) {
    this.source = source
    this.overridden = overridden
    this.#grammar = grammar
    this.#tokens = lex(source)
    this.#token = this.#at(0)
  }

  get token(): Token {
    return this.#token
  }

  /** The token after the current one. */
  get following(): Token {
    return this.#at(this.#position + 1)
  }

  #at(position: number): Token {
    return this.#tokens[position] ?? { kind: 'end', text: '', at: this.source.length }
  }

  /** Steps over the current token and gives it. */
  next(): Token {
    const token = this.#token
    this.#position++
    this.#token = this.#at(this.#position)
    return token
  }

  is(kind: TokenKind, text: string): boolean {
    return this.#token.kind === kind && this.#token.text === text
  }

  accept(kind: TokenKind, text: string): boolean {
    if (!this.is(kind, text)) return false
    this.next()
    return true
  }

  expect(kind: TokenKind, text: string): Token {
    if (!this.is(kind, text)) throw this.unexpected(text)
    return this.next()
  }

  expectName(): Token {
    if (this.#token.kind !== 'name') throw this.unexpected('a name')
    return this.next()
  }

  sequence(): Node {
    return this.#grammar.sequence(this)
  }

  expression(precedence: number): Node {
    return this.nested(() => this.#grammar.expression(this, precedence))
  }

  /** Reads something one level deeper. */
  nested(read: () => Node): Node {
    this.#depth++
    if (this.#depth > maxNesting) throw this.#tooDeep(this.#token.at, maxNesting)
    const node = read()
    this.#depth--
    return node
  }

  /** Registers a finished node: every node is counted, and the height of its tree is bounded. */
  node<N extends Node>(node: N, ...children: readonly Node[]): N {
    this.count(node.at)
    let height = 0
    for (const child of children) height = Math.max(height, this.#heights.get(child) ?? 0)
    if (height >= maxHeight) throw this.#tooDeep(node.at, maxHeight)
    this.#heights.set(node, height + 1)
    return node
  }

  count(offset: number): void {
    this.#nodes++
    if (this.#nodes > maxNodes) {
      throw this.#tooLarge(`the expression has more than ${maxNodes} nodes`, offset)
    }
  }

  unexpected(wanted?: string): ExpressionError {
    const found =
      this.#token.kind === 'end' ? 'end of expression' : JSON.stringify(this.#token.text)
    const hint = wanted === undefined ? '' : `, expected ${wanted}`
    return this.fail(`unexpected token ${found}${hint}`, this.#token.at)
  }

  fail(reason: string, offset: number): ExpressionError {
    return new ExpressionError({ kind: 'compile', reason, source: this.source, offset })
  }

  #tooLarge(reason: string, offset: number): ExpressionError {
    return new ExpressionError({ kind: 'budget', reason, source: this.source, offset })
  }

  #tooDeep(offset: number, limit: number): ExpressionError {
    return this.#tooLarge(`the expression is nested deeper than ${limit} levels`, offset)
  }
}
