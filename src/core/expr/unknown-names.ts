import { didYouMean } from '../nearest.ts'
import type { Node } from './ast.ts'
import { builtinNames, isBuiltin } from './builtin-names.ts'
import { parse } from './parse/index.ts'
import type { Declarations } from './signature.ts'
import { childrenOf } from './walk.ts'

/** The names that mean something where an expression stands. */
export interface KnownNames {
  /** Functions beside the builtins. */
  readonly declarations?: Declarations | undefined
  readonly variables: readonly string[]
  /** The entries of variables whose entries are all known. */
  readonly entries?: Readonly<Record<string, readonly string[]>> | undefined
}

/** Variables of older releases of Kargo, and what is written now. */
const formerVariables: ReadonlyMap<string, string> = new Map([
  ['secrets', "write secret('NAME').KEY"],
])

/** Names that nobody declares, because all of them are nil. */
const nilNames: ReadonlySet<string> = new Set(['null', 'undefined', 'None'])

/**
 * The names of an expression that mean nothing where it stands, each as a sentence. The language takes them: an unknown
 * variable is nil, and an unknown function fails when it is called. What an expression itself takes into account may be
 * missing (`x ?? 1`, `x?.y`, `x == nil`) is no problem. Throws ExpressionError for what cannot be read.
 */
export function unknownNames(expression: string | Node, known: KnownNames): string[] {
  const root =
    typeof expression === 'string'
      ? parse(expression, { overridden: known.declarations?.functions })
      : expression
  const search = new Search(known)
  search.noteOptional(root)
  search.visit(root, [])
  return [...search.problems]
}

class Search {
  readonly problems = new Set<string>()
  readonly #functions: ReadonlyMap<string, unknown>
  readonly #variables: readonly string[]
  readonly #entries: Readonly<Record<string, readonly string[]>>
  /** Names and `name.entry` that the expression provides for being nil. */
  readonly #optional = new Set<string>()

  constructor({ declarations, variables, entries = {} }: KnownNames) {
    this.#functions = declarations?.functions ?? new Map()
    this.#variables = variables
    this.#entries = entries
  }

  noteOptional(node: Node): void {
    if (node.kind === 'binary') {
      const { operator, left, right } = node
      if (operator === '??') this.#provideFor(left)
      if (operator === '==' || operator === '!=') {
        if (isNil(right)) this.#provideFor(left)
        if (isNil(left)) this.#provideFor(right)
      }
    }
    if (node.kind === 'member' && node.optional) this.#provideFor(node.object)
    for (const child of childrenOf(node)) this.noteOptional(child)
  }

  visit(node: Node, locals: readonly string[]): void {
    if (node.kind === 'let') {
      this.visit(node.value, locals)
      this.visit(node.body, [...locals, node.name])
      return
    }
    if (node.kind === 'name') this.#checkVariable(node.name, locals)
    if (node.kind === 'member') this.#checkEntry(node, locals)
    if (node.kind === 'call' && node.callee.kind === 'name') {
      this.#checkFunction(node.callee.name, locals)
      for (const arg of node.args) this.visit(arg, locals)
      return
    }
    for (const child of childrenOf(node)) this.visit(child, locals)
  }

  #provideFor(node: Node): void {
    if (node.kind === 'chain') this.#provideFor(node.inner)
    else this.#optional.add(pathOf(node) ?? '')
  }

  #isKnown(name: string, locals: readonly string[]): boolean {
    return (
      this.#variables.includes(name) ||
      this.#functions.has(name) ||
      locals.includes(name) ||
      isBuiltin(name) ||
      nilNames.has(name) ||
      name === '$env'
    )
  }

  #checkVariable(name: string, locals: readonly string[]): void {
    if (this.#isKnown(name, locals) || this.#optional.has(name)) return
    const functions = [...this.#functions.keys()]
    const former = formerVariables.get(name)
    const instead = former === undefined ? hint(name, this.#variables, functions) : `: ${former}`
    this.problems.add(`there is no variable "${name}"${instead}`)
  }

  #checkFunction(name: string, locals: readonly string[]): void {
    if (this.#isKnown(name, locals)) return
    const functions = [...this.#functions.keys()]
    const others = [...this.#variables, ...builtinNames]
    this.problems.add(`there is no function "${name}" here${hint(name, functions, others)}`)
  }

  #checkEntry(node: Extract<Node, { readonly kind: 'member' }>, locals: readonly string[]): void {
    const { object, property } = node
    if (object.kind !== 'name' || property.kind !== 'string' || locals.includes(object.name)) return
    const entries = Object.hasOwn(this.#entries, object.name)
      ? this.#entries[object.name]
      : undefined
    const path = pathOf(node) ?? ''
    if (entries === undefined || entries.includes(property.value) || this.#optional.has(path))
      return
    this.problems.add(`there is no ${path} here${hint(property.value, entries)}`)
  }
}

function isNil(node: Node): boolean {
  return node.kind === 'nil' || (node.kind === 'name' && nilNames.has(node.name))
}

/** `name` or `name.entry`; undefined for anything else. */
function pathOf(node: Node): string | undefined {
  if (node.kind === 'name') return node.name
  if (node.kind !== 'member' || node.object.kind !== 'name') return undefined
  return node.property.kind === 'string' ? `${node.object.name}.${node.property.value}` : undefined
}

/** More names than this help nobody. */
const maxListed = 8

/** What was meant, or what there is. */
function hint(name: string, candidates: readonly string[], others: readonly string[] = []): string {
  const near = didYouMean(name, [...candidates, ...others])
  if (near !== '') return near
  if (candidates.length === 0) return ': nothing of the kind is known here'
  return candidates.length > maxListed ? '' : `: there is ${candidates.join(', ')}`
}
