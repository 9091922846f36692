import { nearest } from '../nearest.ts'
import { element, property, slice } from './access.ts'
import type {
  BinaryNode,
  BinaryOperator,
  BuiltinNode,
  CallNode,
  ConditionalNode,
  LetNode,
  MapNode,
  MemberNode,
  NameNode,
  Node,
  PointerNode,
  SliceNode,
  UnaryNode,
} from './ast.ts'
import { isBuiltin, predicateShape } from './builtin-names.ts'
import { builtins } from './builtins/index.ts'
import { checkBinary, checkBranches, checkCall } from './check.ts'
import type { Checked } from './check.ts'
import { binaryCode, compareValues, condition, stringSetCode } from './compile-binary.ts'
import { elementCode, predicateCode } from './compile-predicates.ts'
import { describeKind } from './describe.ts'
import { ExpressionError } from './error.ts'
import { foldBinary, foldLogic, foldUnary } from './fold.ts'
import type { Code, Frame } from './frame.ts'
import { callError, FunctionValue } from './function-value.ts'
import { negate, plus } from './operators.ts'
import { fieldOf, methodOf } from './object-types.ts'
import {
  combinePredicates,
  filterUnderMap,
  firstOf,
  lastOf,
  rewriteBuiltin,
  rewriteMember,
  rewritePredicate,
} from './rewrite.ts'
import { stackedOperands } from './stack.ts'
import type { Declarations } from './signature.ts'
import {
  any,
  anyList,
  anyMap,
  arrayOf,
  bool,
  bytes,
  float,
  func,
  int,
  isAny,
  isArray,
  isBool,
  isInt,
  isNumber,
  nil,
  string,
  typeText,
} from './types.ts'
import type { MapType, Signature, Type } from './types.ts'
import { Boxed, isNil, newMap } from './value.ts'
import type { Value, ValueMap } from './value.ts'

/** A node with its type and its code. */
export interface Compiled {
  readonly type: Type
  readonly code: Code
  /** Its value, when it is known before running. */
  readonly constant?: Value | undefined
  /** It may end the chain that it is in. */
  readonly ends?: boolean | undefined
}

export interface CompileOptions {
  readonly declarations?: Declarations | undefined
  /** Wraps the code of every node: for tracing and for finding where an error arose. */
  readonly instrument?: ((node: Node, code: Code) => Code) | undefined
}

/** Checks a parsed expression and turns it into code. Throws ExpressionError of kind compile. */
export function compileNode(root: Node, source: string, options: CompileOptions = {}): Compiled {
  return new Compiler(source, options).visit(root)
}

/** What an optional member of nil gives, up to the end of its chain. */
class Ended extends Boxed {
  readonly typeName = 'nil'
  toJsonValue(): Value {
    return null
  }
  text(): string {
    return '<nil>'
  }
}
const ended = new Ended()

interface Variable {
  readonly name: string
  readonly type: Type
  readonly slot: number
}

/** What `#` and its like mean inside a predicate. */
interface Scope {
  readonly element: Type
  readonly elementSlot: number
  readonly indexSlot: number
  readonly accumulatorSlot: number
  /** The names that may follow `#`. */
  readonly names: readonly string[]
}

class Compiler {
  readonly #source: string
  readonly #options: CompileOptions
  readonly #variables: Variable[] = []
  readonly #scopes: Scope[] = []
  #slots = 0
  #visited = 0
  /**
   * Above zero inside what Go's checker does not look at: arguments of unknown functions, members of `$env`, bounds of
   * slices of unknown values. There a wrong type is an error only when it is run.
   */
  #unchecked = 0
  /** Calls so far that may leave their arguments behind; see `stack.ts`. */
  #leaky = 0

  constructor(source: string, options: CompileOptions) {
    this.#source = source
    this.#options = options
  }

  visit(node: Node): Compiled {
    this.#visited++
    const compiled = this.#visit(node)
    const instrument = this.#options.instrument
    return instrument === undefined
      ? compiled
      : { ...compiled, code: instrument(node, compiled.code) }
  }

  #visit(node: Node): Compiled {
    switch (node.kind) {
      case 'nil':
        return literal(nil, null)
      case 'bool':
        return literal(bool, node.value)
      case 'int':
        return literal(int, node.value)
      case 'float':
        return literal(float, node.value)
      case 'string':
        return literal(string, node.value)
      case 'bytes':
        return { type: bytes, code: () => node.value.slice() }
      case 'name':
        return this.#name(node)
      case 'unary':
        return this.#unary(node)
      case 'binary':
        return this.#binary(node)
      case 'comparison':
        return this.#comparison(node)
      case 'member':
        return this.#member(node)
      case 'slice':
        return this.#slice(node)
      case 'chain':
        return chained(this.visit(node.inner))
      case 'call':
        return this.#call(node)
      case 'builtin':
        return takesPredicate(node.name) ? this.#predicate(node) : this.#builtin(node)
      case 'predicate':
        return this.visit(node.body)
      case 'pointer':
        return this.#pointer(node)
      case 'let':
        return this.#let(node)
      case 'sequence':
        return this.#sequence(node.items)
      case 'conditional':
        return this.#conditional(node)
      case 'list':
        return this.#list(node.items)
      case 'map':
        return this.#map(node)
    }
  }

  #fail(node: Node, reason: string, near?: string): ExpressionError {
    return new ExpressionError({
      kind: 'compile',
      reason,
      source: this.#source,
      offset: node.at,
      nearest: near,
    })
  }

  /** Throws the compile error, unless this is where types are not checked. */
  #wrong(node: Node, reason: string, near?: string): void {
    if (this.#unchecked === 0) throw this.#fail(node, reason, near)
  }

  /** The type, or the compile error of what was found wrong. */
  #checked(node: Node, checked: Checked): Type {
    if (checked.kind !== 'wrong') return checked
    this.#wrong(node, checked.reason)
    return any
  }

  /** Visits what is not checked when the condition holds. */
  #visitUnchecked(node: Node, unchecked: boolean): Compiled {
    if (!unchecked) return this.visit(node)
    this.#unchecked++
    const compiled = this.visit(node)
    this.#unchecked--
    return compiled
  }

  /** Runs what may throw a call error while compiling, and gives it its place. */
  #attempt<T>(node: Node, work: () => T): T {
    try {
      return work()
    } catch (thrown) {
      if (
        thrown instanceof ExpressionError &&
        thrown.position === undefined &&
        thrown.kind === 'run'
      ) {
        throw this.#fail(node, thrown.reason)
      }
      throw thrown
    }
  }

  #name(node: NameNode): Compiled {
    const { name } = node
    const variable = this.#variables.find((each) => each.name === name)
    if (variable !== undefined) {
      const { slot } = variable
      return { type: variable.type, code: (frame) => frame.slots[slot] ?? null }
    }
    if (name === '$env') return { type: any, code: (frame) => frame.env }
    // A function that is not called has a function's type, but it reads as the variable of its name.
    const isFunction = isBuiltin(name) || this.#options.declarations?.functions.has(name) === true
    return { type: isFunction && this.#unchecked === 0 ? func : any, code: variableCode(name) }
  }

  #unary(node: UnaryNode): Compiled {
    const operand = this.visit(node.operand)
    const { operator } = node
    const isNot = operator === 'not' || operator === '!'
    const fits = isAny(operand.type) || (isNot ? isBool(operand.type) : isNumber(operand.type))
    if (!fits)
      this.#wrong(
        node,
        `invalid operation: ${operator} (mismatched type ${typeText(operand.type)})`,
      )
    const folded = foldUnary(operator, operand.constant)
    const type = isNot ? bool : operand.type
    if (folded !== undefined) return literal(type, folded)
    const { code } = operand
    if (isNot) return { type, code: (frame) => !condition(code(frame)) }
    return {
      type,
      code: operator === '-' ? (frame) => negate(code(frame)) : (frame) => plus(code(frame)),
    }
  }

  #binary(node: BinaryNode): Compiled {
    const combined = combinePredicates(node)
    if (combined !== undefined) return this.visit(combined)
    const leaky = this.#leaky
    const left = this.visit(node.left)
    const right = this.visit(node.right)
    const { operator } = node
    const type = this.#checked(node, checkBinary(operator, left.type, right.type))
    const logic = foldLogic(operator, left, right)
    if (logic !== undefined) return logic
    const folded = this.#attempt(node, () => foldBinary(operator, left.constant, right.constant))
    if (folded !== undefined) return literal(type, folded)
    if (operator === '%' && right.constant === 0n) throw this.#fail(node, 'integer divide by zero')
    if (operator === 'in') {
      const special = this.#membership(node.right, left)
      if (special !== undefined) return { type, code: special }
    }
    if (this.#leaky > leaky && !lazy.has(operator))
      return { type, code: this.#stackedBinary(operator, left, right) }
    return { type, code: this.#attempt(node, () => binaryCode(operator, left, right)) }
  }

  #stackedBinary(operator: BinaryOperator, left: Compiled, right: Compiled): Code {
    const first = this.#slots++
    const second = this.#slots++
    const operate = binaryCode(
      operator,
      { code: (frame) => frame.slots[first] ?? null },
      { code: (frame) => frame.slots[second] ?? null },
    )
    const codes = [left.code, right.code]
    return (frame) => {
      const [a = null, b = null] = stackedOperands(codes, frame)
      frame.slots[first] = a
      frame.slots[second] = b
      return operate(frame)
    }
  }

  /** Membership in a literal list of strings, and of an integer in a range, without making either. */
  #membership(list: Node, needle: Compiled): Code | undefined {
    if (list.kind === 'list' && list.items.length > 0) {
      const members = list.items.map((item) => (item.kind === 'string' ? item.value : undefined))
      const texts = members.filter((member) => member !== undefined)
      if (texts.length === members.length) return stringSetCode(needle.code, new Set(texts))
    }
    if (list.kind === 'binary' && list.operator === '..' && isInt(needle.type)) {
      const { left, right } = list
      if (left.kind !== 'int' || right.kind !== 'int') return undefined
      const { code } = needle
      return (frame) => {
        const value = code(frame)
        return compareValues('>=', value, left.value) && compareValues('<=', value, right.value)
      }
    }
    return undefined
  }

  #comparison(node: Extract<Node, { kind: 'comparison' }>): Compiled {
    const operands = node.operands.map((operand) => this.visit(operand))
    const [first, ...rest] = operands
    if (first === undefined) throw this.#fail(node, 'a comparison needs operands')
    const steps = rest.map((right, index) => {
      const operator = node.operators[index] ?? '<'
      this.#checked(node, checkBinary(operator, (operands[index] ?? first).type, right.type))
      return { operator, code: right.code }
    })
    return {
      type: bool,
      code: (frame) => {
        let left = first.code(frame)
        for (const { operator, code } of steps) {
          const right = code(frame)
          if (!compareValues(operator, left, right)) return false
          left = right
        }
        return true
      },
    }
  }

  #member(node: MemberNode): Compiled {
    const rewritten = node.optional ? undefined : rewriteMember(node.object, node.property)
    if (rewritten !== undefined) return this.visit(rewritten)
    const object = this.visit(node.object)
    const { type } = object
    if (node.property.kind === 'string') {
      const name = node.property.value
      const memberType = this.#propertyType(node, type, name)
      // A name reads faster than a key, and a traced program must still show the key's value.
      return linked(object, node.optional, memberType, propertyCode(object.code, name), (value) =>
        property(value, name),
      )
    }
    const isEnv = node.object.kind === 'name' && node.object.name === '$env'
    const key = this.#visitUnchecked(node.property, isEnv)
    const elementType = this.#elementType(node, type, key.type)
    const keyCode = key.code
    const objectCode = object.code
    return linked(
      object,
      node.optional,
      elementType,
      (frame) => element(objectCode(frame), keyCode(frame)),
      (value, frame) => element(value, keyCode(frame)),
    )
  }

  #propertyType(node: MemberNode, type: Type, name: string): Type {
    if (isAny(type)) return any
    if (type.kind === 'map') return type.element
    if (type.kind === 'object') {
      const method = methodOf(type, name)
      if (method !== undefined) return { kind: 'func', signature: method }
      const field = fieldOf(type, name)
      if (field !== undefined) return field
    }
    const known = type.kind === 'object' ? Object.keys({ ...type.fields, ...type.methods }) : []
    this.#wrong(node, `type ${typeText(type)} has no field ${name}`, nearest(name, known))
    return any
  }

  #elementType(node: MemberNode, type: Type, key: Type): Type {
    if (isAny(type)) return any
    if (type.kind === 'map') {
      if (!mapTakes(type, key)) {
        this.#wrong(
          node.property,
          `cannot use ${typeText(key)} to get an element from ${typeText(type)}`,
        )
      }
      return type.element
    }
    if (isArray(type) || type.kind === 'bytes' || type.kind === 'string') {
      if (!isInt(key) && !isAny(key)) {
        this.#wrong(
          node.property,
          `array elements can only be selected using an integer (got ${typeText(key)})`,
        )
      }
      return isArray(type) ? type.element : int
    }
    this.#wrong(node, `type ${typeText(type)}[${typeText(key)}] is undefined`)
    return any
  }

  #slice(node: SliceNode): Compiled {
    const object = this.visit(node.object)
    const { type } = object
    if (!isAny(type) && !isArray(type) && type.kind !== 'string' && type.kind !== 'bytes') {
      this.#wrong(node, `cannot slice ${typeText(type)}`)
    }
    const from = this.#bound(node.from, isAny(type))
    const to = this.#bound(node.to, isAny(type))
    const { code } = object
    return { type, code: (frame) => slice(code(frame), from?.(frame), to?.(frame), frame) }
  }

  #bound(node: Node | undefined, unchecked: boolean): Code | undefined {
    if (node === undefined) return undefined
    const bound = this.#visitUnchecked(node, unchecked)
    if (!unchecked && !isInt(bound.type) && !isAny(bound.type)) {
      this.#wrong(node, `non-integer slice index ${typeText(bound.type)}`)
    }
    return bound.code
  }

  #call(node: CallNode): Compiled {
    const { callee } = node
    if (callee.kind === 'name' && this.#variables.every(({ name }) => name !== callee.name)) {
      const signatures = this.#options.declarations?.functions.get(callee.name)
      if (signatures !== undefined) return this.#declaredCall(node, callee.name, signatures)
    }
    const leaky = this.#leaky
    const target = this.visit(callee)
    const known = target.type.kind === 'func' ? target.type.signature : undefined
    const args = node.args.map((arg) => this.#visitUnchecked(arg, known === undefined))
    let type: Type = any
    if (known !== undefined) {
      const name =
        callee.kind === 'member' && callee.property.kind === 'string'
          ? callee.property.value
          : 'function'
      type = this.#checked(
        node,
        checkCall(
          name,
          [known],
          args.map((arg) => arg.type),
        ),
      )
    } else if (!isAny(target.type) && target.type.kind !== 'func') {
      this.#wrong(node, `${typeText(target.type)} is not callable`)
    }
    const values = this.#operands(args, leaky)
    const { code } = target
    if (target.ends === true && args.length > 0) this.#leaky++
    return {
      type,
      ends: target.ends,
      code: (frame) => {
        const given = values(frame)
        const callable = code(frame)
        if (callable !== ended) return call(callable, given, frame)
        frame.leftBehind = [...given, ...frame.leftBehind]
        return ended
      },
    }
  }

  /** The values of arguments and elements, in their order. */
  #operands(operands: readonly Compiled[], leaky: number): (frame: Frame) => Value[] {
    const codes = operands.map(({ code }) => code)
    if (this.#leaky > leaky) return (frame) => stackedOperands(codes, frame)
    const [first, second] = codes
    if (first !== undefined && codes.length === 1) return (frame) => [first(frame)]
    if (first !== undefined && second !== undefined && codes.length === 2) {
      return (frame) => [first(frame), second(frame)]
    }
    return (frame) => codes.map((code) => code(frame))
  }

  #declaredCall(node: CallNode, name: string, signatures: readonly Signature[]): Compiled {
    const leaky = this.#leaky
    const args = node.args.map((arg) => this.visit(arg))
    const type = this.#checked(
      node,
      checkCall(
        name,
        signatures,
        args.map((arg) => arg.type),
      ),
    )
    const values = this.#operands(args, leaky)
    return { type, code: (frame) => call(declaredFunction(frame, name), values(frame), frame) }
  }

  #builtin(node: BuiltinNode): Compiled {
    const builtin = builtins.get(node.name)
    if (builtin === undefined) throw this.#fail(node, `unknown builtin ${node.name}`)
    const rewritten = rewriteBuiltin(node)
    if (rewritten !== undefined) return this.visit(rewritten)
    const leaky = this.#leaky
    const args = node.args.map((arg) => this.visit(arg))
    const type = this.#checked(node, builtin.check(args.map((arg) => arg.type)))
    const values = this.#operands(args, leaky)
    return {
      type,
      code: (frame) => {
        frame.charge(1)
        return builtin.run(values(frame), frame)
      },
    }
  }

  #predicate(node: BuiltinNode): Compiled {
    const rewritten = rewritePredicate(node)
    if (rewritten !== undefined) return this.visit(rewritten)
    const { name } = node
    const fused = filterUnderMap(node)
    const [listNode, bodyNode, extraNode] =
      fused === undefined ? node.args : [fused.list, fused.body]
    if (listNode === undefined) throw this.#fail(node, `not enough arguments to call ${name}`)
    const list = this.visit(listNode)
    if (!isArray(list.type) && !isAny(list.type) && list.type.kind !== 'bytes') {
      this.#wrong(listNode, `builtin ${name} takes only array (got ${typeText(list.type)})`)
    }
    const elementType = isArray(list.type) ? list.type.element : any
    const scope: Scope = {
      element: elementType,
      elementSlot: this.#slots++,
      indexSlot: this.#slots++,
      accumulatorSlot: this.#slots++,
      names: name === 'reduce' ? ['index', 'acc'] : name === 'map' ? ['index'] : [],
    }
    const before = this.#visited
    this.#scopes.push(scope)
    const filter = fused && this.visit(fused.condition)
    const body = bodyNode && this.visit(bodyNode)
    this.#scopes.pop()
    const cost = 1 + this.#visited - before
    const extra = extraNode && this.visit(extraNode)
    const asked = filter ?? (asksBool.has(name) ? body : undefined)
    if (asked !== undefined && !isBool(asked.type) && !isAny(asked.type)) {
      this.#wrong(
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
    return {
      type: predicateType(name, list.type, elementType, body?.type),
      code: predicateCode(
        name,
        list.code,
        { body: body?.code, extra: extra?.code, filter: filter?.code },
        slots,
      ),
    }
  }

  #pointer(node: PointerNode): Compiled {
    const scope = this.#scopes.at(-1)
    if (scope === undefined) throw this.#fail(node, 'cannot use pointer accessor outside predicate')
    if (node.name === '') return { type: scope.element, code: elementCode(scope.elementSlot) }
    if (!scope.names.includes(node.name)) {
      throw this.#fail(node, `unknown pointer #${node.name}`, nearest(node.name, scope.names))
    }
    const slot = node.name === 'index' ? scope.indexSlot : scope.accumulatorSlot
    return { type: node.name === 'index' ? int : any, code: (frame) => frame.slots[slot] ?? null }
  }

  #let(node: LetNode): Compiled {
    const { name } = node
    if (this.#options.declarations?.functions.has(name) === true) {
      throw this.#fail(node, `cannot redeclare function ${name}`)
    }
    if (builtins.has(name) || predicateShape(name) !== undefined) {
      throw this.#fail(node, `cannot redeclare builtin ${name}`)
    }
    if (this.#variables.some((variable) => variable.name === name)) {
      throw this.#fail(node, `cannot redeclare variable ${name}`)
    }
    const value = this.visit(node.value)
    const slot = this.#slots++
    this.#variables.push({ name, type: value.type, slot })
    const body = this.visit(node.body)
    this.#variables.pop()
    const valueCode = value.code
    const bodyCode = body.code
    return {
      type: body.type,
      code: (frame) => {
        frame.slots[slot] = valueCode(frame)
        return bodyCode(frame)
      },
    }
  }

  #sequence(items: readonly Node[]): Compiled {
    const compiled = items.map((item) => this.visit(item))
    const codes = compiled.map(({ code }) => code)
    return {
      type: compiled.at(-1)?.type ?? any,
      code: (frame) => {
        let value: Value = null
        for (const code of codes) value = code(frame)
        return value
      },
    }
  }

  #conditional(node: ConditionalNode): Compiled {
    const test = this.visit(node.test)
    if (!isBool(test.type) && !isAny(test.type)) {
      this.#wrong(node.test, `non-bool expression (type ${typeText(test.type)}) used as condition`)
    }
    const yes = node.yes && this.visit(node.yes)
    const no = this.visit(node.no)
    const testCode = test.code
    const noCode = no.code
    if (yes === undefined) {
      return {
        type: checkBranches(test.type, no.type),
        code: (frame) => (condition(testCode(frame)) ? true : noCode(frame)),
      }
    }
    const yesCode = yes.code
    return {
      type: checkBranches(yes.type, no.type),
      code: (frame) => (condition(testCode(frame)) ? yesCode(frame) : noCode(frame)),
    }
  }

  #list(items: readonly Node[]): Compiled {
    const leaky = this.#leaky
    const compiled = items.map((item) => this.visit(item))
    const values = this.#operands(compiled, leaky)
    const [first] = compiled
    const same = first !== undefined && compiled.every(({ type }) => type.kind === first.type.kind)
    return {
      type: same ? arrayOf(first.type) : anyList,
      code: (frame) => {
        frame.grow(compiled.length)
        return values(frame)
      },
    }
  }

  #map(node: MapNode): Compiled {
    const pairs = node.pairs.map(({ key, value }) => ({
      key: this.visit(key),
      value: this.visit(value),
    }))
    for (const [index, { key }] of pairs.entries()) {
      const at = node.pairs[index]?.key ?? node
      if (key.type.kind !== 'string' && !isAny(key.type)) {
        this.#wrong(at, `a map key must be a string (got ${typeText(key.type)})`)
      }
    }
    return { type: anyMap, code: (frame) => makeMap(pairs, frame) }
  }
}

function makeMap(
  pairs: readonly { readonly key: Compiled; readonly value: Compiled }[],
  frame: Frame,
): ValueMap {
  frame.grow(pairs.length)
  const map = newMap()
  for (const { key, value } of pairs) {
    const name = key.code(frame)
    if (typeof name !== 'string')
      throw callError(`a map key must be a string, got ${describeKind(name)}`)
    const item = value.code(frame)
    // Of equal keys the first one counts.
    if (!Object.hasOwn(map, name)) map[name] = item
  }
  return map
}

function literal(type: Type, value: Value): Compiled {
  return { type, constant: value, code: () => value }
}

/** The code of a variable of the environment. */
function variableCode(name: string): Code {
  if (isPlainName(name)) return (frame) => frame.env[name] ?? null
  return (frame) => (Object.hasOwn(frame.env, name) ? (frame.env[name] ?? null) : null)
}

/** False for the names that every object has by its prototype: they must be looked up with care. */
function isPlainName(name: string): boolean {
  return !(name in Object.prototype)
}

/** The code of `object.name`. Plain names of plain objects are read without a further look. */
function propertyCode(object: Code, name: string): Code {
  if (!isPlainName(name)) return (frame) => property(object(frame), name)
  return (frame) => {
    const value = object(frame)
    if (typeof value === 'object' && value !== null) {
      const prototype: unknown = Object.getPrototypeOf(value)
      // Only maps have these prototypes.
      if (prototype === Object.prototype || prototype === null)
        return (value as ValueMap)[name] ?? null
    }
    return property(value, name)
  }
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
function chained(inner: Compiled): Compiled {
  const { code, type } = inner
  return {
    type,
    code: (frame) => {
      const value = code(frame)
      return value === ended || isNil(value) ? null : value
    },
  }
}

function call(callee: Value, args: readonly Value[], frame: Frame): Value {
  if (!(callee instanceof FunctionValue)) {
    throw callError(
      callee === null
        ? 'invalid operation: cannot call nil'
        : `invalid operation: cannot call ${describeKind(callee)}`,
    )
  }
  frame.charge(1)
  return callee.call(args, frame)
}

function declaredFunction(frame: Frame, name: string): FunctionValue {
  const implementation = frame.functions?.get(name)
  if (implementation === undefined) throw callError(`function ${name} is not available here`)
  return new FunctionValue(name, implementation)
}

function mapTakes(type: MapType, key: Type): boolean {
  return type.key === 'any' || isAny(key) || key.kind === 'string' || key.kind === 'nil'
}

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

/** Operators that may not look at their right side. */
const lazy: ReadonlySet<string> = new Set(['and', '&&', 'or', '||', '??'])

function takesPredicate(name: string): boolean {
  return predicateShape(name) !== undefined || name === firstOf || name === lastOf
}

function predicateType(name: string, list: Type, elementType: Type, body: Type | undefined): Type {
  switch (name) {
    case 'all':
    case 'none':
    case 'any':
    case 'one':
      return bool
    case 'filter':
      return arrayOf(elementType)
    case 'map':
      return arrayOf(body ?? any)
    case 'find':
    case 'findLast':
    case firstOf:
    case lastOf:
      return elementType
    case 'findIndex':
    case 'findLastIndex':
    case 'count':
      return int
    case 'sum':
      return body ?? elementType
    case 'groupBy':
      return { kind: 'map', key: 'any', element: arrayOf(elementType) }
    case 'sortBy':
      return list
    default:
      return body ?? any
  }
}
