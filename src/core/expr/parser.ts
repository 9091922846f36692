import {
  binaryOperators,
  comparisonOperator,
  negatable,
  pipePrecedence,
  unaryPrecedence,
} from './ast.ts'
import type { BinaryOperator, ComparisonOperator, Node } from './ast.ts'
import { isBuiltin, predicateShape } from './builtin-names.ts'
import { ExpressionError } from './error.ts'
import { isWordOperator, lex } from './lexer.ts'
import type { Token, TokenKind } from './lexer.ts'
import { parseNumber } from './number-literal.ts'

export interface ParseOptions {
  /** Functions that take the place of builtins of the same name. */
  readonly overridden?: ReadonlyMap<string, unknown> | undefined
}

/** Nodes of one expression. */
export const maxNodes = 10_000
/** Brackets, branches and operators inside one another. */
export const maxDepth = 1_000
/** UTF-16 units of one source text. */
export const maxSourceLength = 1_000_000

/** Reads a source text. Throws ExpressionError of kind compile, or budget when it is too long, large or deep. */
export function parse(source: string, options: ParseOptions = {}): Node {
  if (source.length > maxSourceLength) {
    throw new ExpressionError({
      kind: 'budget',
      reason: `the expression is longer than ${maxSourceLength} characters`,
    })
  }
  return new Parser(source, options).parse()
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #overridden: ReadonlyMap<string, unknown> | undefined
  #position = 0
  #token: Token
  #nodes = 0
  #depth = 0
  /** How many predicates this is inside of. */
  #predicates = 0
  /** The depth of each finished node's tree, to bound chains that nest without recursion. */
  readonly #heights = new WeakMap<Node, number>()

  constructor(source: string, options: ParseOptions) {
    this.#source = source
    this.#tokens = lex(source)
    this.#token = this.#tokenAt(0)
    this.#overridden = options.overridden
  }

  parse(): Node {
    const node = this.#sequence()
    if (this.#token.kind !== 'end') throw this.#unexpected()
    return node
  }

  #tokenAt(position: number): Token {
    return this.#tokens[position] ?? { kind: 'end', text: '', at: this.#source.length }
  }

  #next(): Token {
    const token = this.#token
    this.#position++
    this.#token = this.#tokenAt(this.#position)
    return token
  }

  #is(kind: TokenKind, text: string): boolean {
    return this.#token.kind === kind && this.#token.text === text
  }

  #accept(kind: TokenKind, text: string): boolean {
    if (!this.#is(kind, text)) return false
    this.#next()
    return true
  }

  #expect(kind: TokenKind, text: string): Token {
    if (!this.#is(kind, text)) throw this.#unexpected(text)
    return this.#next()
  }

  #expectName(): Token {
    if (this.#token.kind !== 'name') throw this.#unexpected('a name')
    return this.#next()
  }

  #unexpected(wanted?: string): ExpressionError {
    const found =
      this.#token.kind === 'end' ? 'end of expression' : JSON.stringify(this.#token.text)
    const hint = wanted === undefined ? '' : `, expected ${wanted}`
    return this.#fail(`unexpected token ${found}${hint}`, this.#token.at)
  }

  #fail(reason: string, offset: number): ExpressionError {
    return new ExpressionError({ kind: 'compile', reason, source: this.#source, offset })
  }

  #tooLarge(reason: string, offset: number): ExpressionError {
    return new ExpressionError({ kind: 'budget', reason, source: this.#source, offset })
  }

  /** Registers a finished node: every node is counted, and its tree's height is bounded. */
  #node<N extends Node>(node: N, ...children: readonly Node[]): N {
    this.#nodes++
    if (this.#nodes > maxNodes) {
      throw this.#tooLarge(`the expression has more than ${maxNodes} nodes`, node.at)
    }
    let height = 0
    for (const child of children) height = Math.max(height, this.#heights.get(child) ?? 0)
    if (height >= maxDepth) throw this.#tooDeep(node.at)
    this.#heights.set(node, height + 1)
    return node
  }

  #tooDeep(offset: number): ExpressionError {
    return this.#tooLarge(`the expression is nested deeper than ${maxDepth} levels`, offset)
  }

  #sequence(): Node {
    const first = this.#expression(0)
    if (!this.#is('operator', ';')) return first
    const items = [first]
    while (this.#accept('operator', ';')) {
      if (this.#token.kind === 'end') break
      items.push(this.#expression(0))
    }
    return items.length === 1
      ? first
      : this.#node({ kind: 'sequence', items, at: first.at }, ...items)
  }

  #expression(precedence: number): Node {
    this.#depth++
    if (this.#depth > maxDepth) throw this.#tooDeep(this.#token.at)
    const node = this.#bareExpression(precedence)
    this.#depth--
    return node
  }

  #bareExpression(precedence: number): Node {
    if (precedence === 0 && this.#is('operator', 'let')) return this.#let()
    if (precedence === 0 && this.#is('operator', 'if')) return this.#ifElse()
    const node = this.#operators(this.#primary(), precedence)
    return precedence === 0 ? this.#conditional(node) : node
  }

  #operators(first: Node, precedence: number): Node {
    let left = first
    let previous = ''
    while (this.#token.kind === 'operator') {
      const negated = this.#negation(precedence)
      if (negated === 'stop') break
      const token = this.#token
      if (token.text === '|' && precedence <= pipePrecedence) {
        this.#next()
        left = this.#pipe(left)
        previous = '|'
        continue
      }
      const facts = binaryOperators.get(token.text)
      if (facts === undefined || facts.precedence < precedence) break
      this.#next()
      if (previous === '??' && token.text !== '??') {
        throw this.#fail(
          `Operator (${token.text}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`,
          token.at,
        )
      }
      const comparison = comparisonOperator(token.text)
      if (comparison !== undefined) {
        left = this.#comparison(left, comparison, token, facts.precedence)
      } else {
        const right = this.#expression(facts.precedence + (facts.rightAssociative ? 0 : 1))
        left = this.#binary(facts.operator, left, right, token.at)
        if (negated)
          left = this.#node({ kind: 'unary', operator: 'not', operand: left, at: token.at }, left)
      }
      previous = token.text
    }
    return left
  }

  /** Steps over the `not` of `not in` and its like. `stop`: what follows belongs to an outer expression. */
  #negation(precedence: number): boolean | 'stop' {
    if (this.#token.text !== 'not') return false
    const after = this.#tokenAt(this.#position + 1)
    const facts = negatable.has(after.text) ? binaryOperators.get(after.text) : undefined
    if (facts === undefined || after.kind !== 'operator') {
      this.#next()
      throw this.#unexpected()
    }
    if (facts.precedence < precedence) return 'stop'
    this.#next()
    return true
  }

  #binary(operator: BinaryOperator, left: Node, right: Node, at: number): Node {
    return this.#node({ kind: 'binary', operator, left, right, at }, left, right)
  }

  /** `a < b < c` compares each with the next. */
  #comparison(first: Node, operator: ComparisonOperator, start: Token, precedence: number): Node {
    const operands = [first, this.#expression(precedence + 1)]
    const operators = [operator]
    for (;;) {
      const next =
        this.#token.kind === 'operator' ? comparisonOperator(this.#token.text) : undefined
      if (next === undefined) break
      this.#next()
      operators.push(next)
      operands.push(this.#expression(precedence + 1))
    }
    const [left, right] = operands
    if (operators.length === 1 && left !== undefined && right !== undefined) {
      return this.#binary(operator, left, right, start.at)
    }
    return this.#node({ kind: 'comparison', operands, operators, at: start.at }, ...operands)
  }

  #pipe(left: Node): Node {
    const name = this.#expectName()
    return this.#call(name, [left])
  }

  #primary(): Node {
    const token = this.#token
    if (token.kind === 'operator') {
      const unary = unaryPrecedence.get(token.text)
      if (unary !== undefined) {
        this.#next()
        const operand = this.#expression(unary.precedence)
        return this.#postfix(
          this.#node({ kind: 'unary', operator: unary.operator, operand, at: token.at }, operand),
        )
      }
      if (this.#predicates > 0 && (token.text === '#' || token.text === '.')) return this.#pointer()
      if (token.text === '::') {
        this.#next()
        return this.#call(this.#expectName(), [], 'builtin')
      }
    }
    if (this.#accept('bracket', '(')) {
      const node = this.#sequence()
      if (!this.#accept('bracket', ')')) {
        throw this.#fail('unclosed "(": an opened parenthesis is not properly closed', token.at)
      }
      return this.#postfix(node)
    }
    return this.#operand(token)
  }

  #pointer(): Node {
    const token = this.#token
    let name = ''
    if (token.text === '#') {
      this.#next()
      if (this.#token.kind === 'name') name = this.#next().text
    }
    return this.#postfix(this.#node({ kind: 'pointer', name, at: token.at }))
  }

  #operand(token: Token): Node {
    const at = token.at
    switch (token.kind) {
      case 'name':
        this.#next()
        if (token.text === 'true') return this.#node({ kind: 'bool', value: true, at })
        if (token.text === 'false') return this.#node({ kind: 'bool', value: false, at })
        if (token.text === 'nil') return this.#node({ kind: 'nil', at })
        if (this.#is('bracket', '(')) return this.#call(token, [])
        return this.#postfix(this.#node({ kind: 'name', name: token.text, at }))
      case 'number':
        this.#next()
        return this.#node(parseNumber(token, this.#source))
      case 'string':
        this.#next()
        return this.#postfix(this.#node({ kind: 'string', value: token.text, at }))
      case 'bytes': {
        this.#next()
        const value = Uint8Array.from(token.text, (unit) => unit.charCodeAt(0))
        return this.#postfix(this.#node({ kind: 'bytes', value, at }))
      }
      default:
        if (this.#accept('bracket', '[')) return this.#postfix(this.#list(at))
        if (this.#accept('bracket', '{')) return this.#postfix(this.#map(at))
        throw this.#unexpected()
    }
  }

  /** A call of a name; the arguments so far are what was piped in. */
  #call(name: Token, piped: readonly Node[], which: 'any' | 'builtin' = 'any'): Node {
    const overridden = which === 'any' && (this.#overridden?.has(name.text) ?? false)
    const shape = overridden ? undefined : predicateShape(name.text)
    if (shape !== undefined) {
      const args = this.#predicateArguments(shape, piped)
      return this.#postfix(
        this.#node({ kind: 'builtin', name: name.text, args, at: name.at }, ...args),
      )
    }
    const args = this.#arguments(piped)
    if (!overridden && isBuiltin(name.text)) {
      return this.#postfix(
        this.#node({ kind: 'builtin', name: name.text, args, at: name.at }, ...args),
      )
    }
    const callee = this.#node({ kind: 'name', name: name.text, at: name.at })
    return this.#postfix(this.#node({ kind: 'call', callee, args, at: name.at }, callee, ...args))
  }

  #arguments(piped: readonly Node[]): Node[] {
    const args = [...piped]
    this.#expect('bracket', '(')
    while (!this.#is('bracket', ')')) {
      if (args.length > piped.length) {
        this.#expect('operator', ',')
        if (this.#is('bracket', ')')) break
      }
      args.push(this.#expression(0))
    }
    this.#next()
    return args
  }

  /** The arguments of `filter` and its like: a list, a predicate, and what may follow. */
  #predicateArguments(
    shape: { readonly required: number; readonly tail: number },
    piped: readonly Node[],
  ): Node[] {
    const args = [...piped]
    this.#expect('bracket', '(')
    if (args.length === 0) args.push(this.#expression(0))
    const most = 2 + shape.tail
    while (args.length < most) {
      if (args.length >= shape.required && this.#is('bracket', ')')) break
      // After a piped list the predicate comes first, without a comma before it.
      if (args.length > piped.length) this.#expect('operator', ',')
      if (args.length >= shape.required && this.#is('bracket', ')')) break
      args.push(args.length === 1 ? this.#predicate() : this.#expression(0))
    }
    this.#accept('operator', ',')
    this.#expect('bracket', ')')
    return args
  }

  #predicate(): Node {
    const at = this.#token.at
    const braced = this.#accept('bracket', '{')
    this.#predicates++
    const body = braced ? this.#sequence() : this.#expression(0)
    this.#predicates--
    if (braced) this.#expect('bracket', '}')
    else if (this.#is('operator', ';'))
      throw this.#fail('wrap predicate with brackets { and }', this.#token.at)
    return this.#node({ kind: 'predicate', body, at }, body)
  }

  #list(at: number): Node {
    const items: Node[] = []
    while (!this.#is('bracket', ']')) {
      if (items.length > 0) {
        this.#expect('operator', ',')
        if (this.#is('bracket', ']')) break
      }
      items.push(this.#expression(0))
    }
    this.#next()
    return this.#node({ kind: 'list', items, at }, ...items)
  }

  #map(at: number): Node {
    const pairs: { key: Node; value: Node }[] = []
    while (!this.#is('bracket', '}')) {
      if (pairs.length > 0) {
        this.#expect('operator', ',')
        if (this.#is('bracket', '}')) break
      }
      const key = this.#mapKey()
      this.#expect('operator', ':')
      pairs.push({ key, value: this.#expression(0) })
      this.#nodes++
    }
    this.#next()
    return this.#node(
      { kind: 'map', pairs, at },
      ...pairs.flatMap(({ key, value }) => [key, value]),
    )
  }

  #mapKey(): Node {
    const token = this.#token
    if (token.kind === 'name' || token.kind === 'number' || token.kind === 'string') {
      this.#next()
      return this.#node({ kind: 'string', value: token.text, at: token.at })
    }
    if (token.kind === 'bracket' && token.text === '(') return this.#expression(0)
    throw this.#unexpected(
      'a map key: a quoted string, a number, a name, or an expression in parentheses',
    )
  }

  #postfix(start: Node): Node {
    let node = start
    for (;;) {
      const token = this.#token
      if (token.kind === 'operator' && (token.text === '.' || token.text === '?.')) {
        this.#next()
        const optional = token.text === '?.'
        if (optional && this.#is('bracket', '[')) {
          node = this.#index(node, true)
        } else {
          node = this.#property(node, optional)
        }
      } else if (token.kind === 'bracket' && token.text === '[') {
        node = this.#index(node, false)
      } else {
        return node
      }
    }
  }

  /** `.name` or `.name(...)`; goes on inside a chain that ends here. */
  #property(start: Node, optional: boolean): Node {
    const token = this.#token
    if (token.kind !== 'name' && !(token.kind === 'operator' && isWordOperator(token.text))) {
      throw this.#unexpected('a name')
    }
    this.#next()
    const chained = start.kind === 'chain'
    const object = chained ? start.inner : start
    const property = this.#node({ kind: 'string', value: token.text, at: token.at })
    let node: Node = this.#node(
      { kind: 'member', object, property, optional, at: token.at },
      object,
      property,
    )
    if (this.#is('bracket', '(')) {
      const args = this.#arguments([])
      node = this.#node({ kind: 'call', callee: node, args, at: token.at }, node, ...args)
    }
    return chained || optional
      ? this.#node({ kind: 'chain', inner: node, at: node.at }, node)
      : node
  }

  /** `[index]`, `[from:to]`. An optional one starts a chain of its own. */
  #index(object: Node, optional: boolean): Node {
    const at = this.#expect('bracket', '[').at
    if (this.#accept('operator', ':')) {
      const to = this.#is('bracket', ']') ? undefined : this.#expression(0)
      this.#expect('bracket', ']')
      return this.#slice(object, undefined, to, at)
    }
    const from = this.#expression(0)
    if (this.#accept('operator', ':')) {
      const to = this.#is('bracket', ']') ? undefined : this.#expression(0)
      this.#expect('bracket', ']')
      return this.#slice(object, from, to, at)
    }
    this.#expect('bracket', ']')
    const node = this.#node({ kind: 'member', object, property: from, optional, at }, object, from)
    return optional ? this.#node({ kind: 'chain', inner: node, at }, node) : node
  }

  #slice(object: Node, from: Node | undefined, to: Node | undefined, at: number): Node {
    const children = [object, from, to].filter((child) => child !== undefined)
    return this.#node({ kind: 'slice', object, from, to, at }, ...children)
  }

  #let(): Node {
    const at = this.#expect('operator', 'let').at
    const name = this.#expectName()
    this.#expect('operator', '=')
    const value = this.#expression(0)
    this.#expect('operator', ';')
    const body = this.#sequence()
    return this.#node(
      { kind: 'let', name: name.text, value, body, at: name.at === 0 ? at : name.at },
      value,
      body,
    )
  }

  #ifElse(): Node {
    const at = this.#expect('operator', 'if').at
    const test = this.#expression(0)
    const yes = this.#block()
    this.#expect('operator', 'else')
    const no = this.#is('operator', 'if') ? this.#nested(() => this.#ifElse()) : this.#block()
    return this.#node({ kind: 'conditional', test, yes, no, at }, test, yes, no)
  }

  #nested(read: () => Node): Node {
    this.#depth++
    if (this.#depth > maxDepth) throw this.#tooDeep(this.#token.at)
    const node = read()
    this.#depth--
    return node
  }

  #block(): Node {
    this.#expect('bracket', '{')
    const node = this.#sequence()
    this.#expect('bracket', '}')
    return node
  }

  /** `test ? yes : no`, and `test ?: no`. */
  #conditional(start: Node): Node {
    let test = start
    while (this.#is('operator', '?')) {
      const at = this.#next().at
      const elvis = this.#accept('operator', ':')
      const yes = elvis ? undefined : this.#expression(0)
      if (yes !== undefined) this.#expect('operator', ':')
      const no = this.#expression(0)
      test = this.#node({ kind: 'conditional', test, yes, no, at }, test, yes ?? test, no)
    }
    return test
  }
}
