import type { MapNode, NameNode, Node, LetNode, ConditionalNode } from '../ast.ts'
import { isBuiltin, predicateShape } from '../builtin-names.ts'
import { checkBranches } from '../check.ts'
import { describeKind } from '../describe.ts'
import type { Code, Frame } from '../frame.ts'
import { callError } from '../function-value.ts'
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
  isBool,
  nil,
  string,
  typeText,
} from '../types.ts'
import { newMap } from '../value.ts'
import type { Value, ValueMap } from '../value.ts'
import { compileBuiltin, compileCall } from './calls.ts'
import { literal } from './compiled.ts'
import type { Compiled } from './compiled.ts'
import { Compiler } from './compiler.ts'
import type { CompileOptions } from './compiler.ts'
import { compileChain, compileMember, compileSlice } from './members.ts'
import { condition } from './binary-code.ts'
import { compileBinary, compileComparison, compileUnary } from './operators.ts'
import { variableCode } from './path-code.ts'
import { compilePointer, compilePredicate, takesPredicate } from './predicates.ts'

/** Checks a parsed expression and turns it into code. Throws ExpressionError of kind compile. */
export function compileNode(
  root: Node,
  source: string,
  options: CompileOptions = {},
): { readonly code: Code; readonly setsVariables: boolean } {
  const compiler = new Compiler(source, options, compileKind)
  const { code } = compiler.visit(root)
  return { code, setsVariables: compiler.newSlot() > 0 }
}

function compileKind(compiler: Compiler, node: Node): Compiled {
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
      return compileName(compiler, node)
    case 'unary':
      return compileUnary(compiler, node)
    case 'binary':
      return compileBinary(compiler, node)
    case 'comparison':
      return compileComparison(compiler, node)
    case 'member':
      return compileMember(compiler, node)
    case 'slice':
      return compileSlice(compiler, node)
    case 'chain':
      return compileChain(compiler.visit(node.inner))
    case 'call':
      return compileCall(compiler, node)
    case 'builtin':
      return takesPredicate(node.name)
        ? compilePredicate(compiler, node)
        : compileBuiltin(compiler, node)
    case 'predicate':
      return compiler.visit(node.body)
    case 'pointer':
      return compilePointer(compiler, node)
    case 'let':
      return compileLet(compiler, node)
    case 'sequence':
      return compileSequence(compiler, node.items)
    case 'conditional':
      return compileConditional(compiler, node)
    case 'list':
      return compileList(compiler, node.items)
    case 'map':
      return compileMap(compiler, node)
  }
}

function compileName(compiler: Compiler, node: NameNode): Compiled {
  const { name } = node
  const variable = compiler.variables.find((each) => each.name === name)
  if (variable !== undefined) {
    const { slot } = variable
    return { type: variable.type, code: (frame) => frame.slots[slot] ?? null }
  }
  if (name === '$env') return { type: any, code: (frame) => frame.env }
  // A function that is not called has a function's type, but it reads as the variable of its name.
  const isFunction = isBuiltin(name) || compiler.declared(name) !== undefined
  const type = isFunction && compiler.checks ? func : any
  return { type, code: variableCode(name), path: compiler.instrumented ? undefined : [name] }
}

function compileLet(compiler: Compiler, node: LetNode): Compiled {
  const { name } = node
  if (compiler.declared(name) !== undefined)
    throw compiler.fail(node, `cannot redeclare function ${name}`)
  if (isBuiltin(name) || predicateShape(name) !== undefined) {
    throw compiler.fail(node, `cannot redeclare builtin ${name}`)
  }
  if (compiler.variables.some((variable) => variable.name === name)) {
    throw compiler.fail(node, `cannot redeclare variable ${name}`)
  }
  const value = compiler.visit(node.value)
  const slot = compiler.newSlot()
  compiler.variables.push({ name, type: value.type, slot })
  const body = compiler.visit(node.body)
  compiler.variables.pop()
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

function compileSequence(compiler: Compiler, items: readonly Node[]): Compiled {
  const compiled = items.map((item) => compiler.visit(item))
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

function compileConditional(compiler: Compiler, node: ConditionalNode): Compiled {
  const test = compiler.visit(node.test)
  if (!isBool(test.type) && !isAny(test.type)) {
    compiler.wrong(node.test, `non-bool expression (type ${typeText(test.type)}) used as condition`)
  }
  const yes = node.yes && compiler.visit(node.yes)
  const no = compiler.visit(node.no)
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

function compileList(compiler: Compiler, items: readonly Node[]): Compiled {
  const { leaky } = compiler
  const compiled = items.map((item) => compiler.visit(item))
  const values = compiler.operands(compiled, leaky)
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

function compileMap(compiler: Compiler, node: MapNode): Compiled {
  const pairs = node.pairs.map(({ key, value }) => {
    const compiledKey = compiler.visit(key)
    if (compiledKey.type.kind !== 'string' && !isAny(compiledKey.type)) {
      compiler.wrong(key, `a map key must be a string (got ${typeText(compiledKey.type)})`)
    }
    return { key: compiledKey, value: compiler.visit(value) }
  })
  return { type: anyMap, code: (frame) => makeMap(pairs, frame) }
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
