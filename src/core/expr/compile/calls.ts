import type { BuiltinNode, CallNode } from '../ast.ts'
import { builtins } from '../builtins/index.ts'
import { checkCall } from '../check.ts'
import { describeKind } from '../describe.ts'
import type { Frame } from '../frame.ts'
import { callError, FunctionValue } from '../function-value.ts'
import { any, isAny, typeText } from '../types.ts'
import type { Signature, Type } from '../types.ts'
import type { Value } from '../value.ts'
import { ended } from './compiled.ts'
import type { Compiled } from './compiled.ts'
import type { Compiler } from './compiler.ts'
import { rewriteBuiltin } from './rewrite.ts'

/** A call of a declared function, of a function in the environment, or of a method. */
export function compileCall(compiler: Compiler, node: CallNode): Compiled {
  const { callee } = node
  if (callee.kind === 'name' && compiler.variables.every(({ name }) => name !== callee.name)) {
    const signatures = compiler.declared(callee.name)
    if (signatures !== undefined) return compileDeclared(compiler, node, callee.name, signatures)
  }
  const { leaky } = compiler
  const target = compiler.visit(callee)
  const known = target.type.kind === 'func' ? target.type.signature : undefined
  const args = node.args.map((arg) => compiler.visitUnchecked(arg, known === undefined))
  let type: Type = any
  if (known !== undefined) {
    const name =
      callee.kind === 'member' && callee.property.kind === 'string'
        ? callee.property.value
        : 'function'
    type = compiler.checked(
      node,
      checkCall(
        name,
        [known],
        args.map((arg) => arg.type),
      ),
    )
  } else if (!isAny(target.type) && target.type.kind !== 'func') {
    compiler.wrong(node, `${typeText(target.type)} is not callable`)
  }
  const values = compiler.operands(args, leaky)
  const { code } = target
  if (target.ends === true && args.length > 0) compiler.leaky++
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

function compileDeclared(
  compiler: Compiler,
  node: CallNode,
  name: string,
  signatures: readonly Signature[],
): Compiled {
  const { leaky } = compiler
  const args = node.args.map((arg) => compiler.visit(arg))
  const type = compiler.checked(
    node,
    checkCall(
      name,
      signatures,
      args.map((arg) => arg.type),
    ),
  )
  const values = compiler.operands(args, leaky)
  return {
    type,
    code: (frame) => {
      const implementation = frame.functions?.get(name)
      if (implementation === undefined) throw callError(`function ${name} is not available here`)
      frame.charge(1)
      return implementation(values(frame), frame)
    },
  }
}

function call(callee: Value, args: readonly Value[], frame: Frame): Value {
  if (callee instanceof FunctionValue) {
    frame.charge(1)
    return callee.call(args, frame)
  }
  throw callError(
    `invalid operation: cannot call ${callee === null ? 'nil' : describeKind(callee)}`,
  )
}

/** A call of a builtin without a predicate. */
export function compileBuiltin(compiler: Compiler, node: BuiltinNode): Compiled {
  const builtin = builtins.get(node.name)
  if (builtin === undefined) throw compiler.fail(node, `unknown builtin ${node.name}`)
  const rewritten = rewriteBuiltin(node)
  if (rewritten !== undefined) return compiler.visit(rewritten)
  const { leaky } = compiler
  const args = node.args.map((arg) => compiler.visit(arg))
  const type = compiler.checked(node, builtin.check(args.map((arg) => arg.type)))
  const values = compiler.operands(args, leaky)
  return {
    type,
    code: (frame) => {
      frame.charge(1)
      return builtin.run(values(frame), frame)
    },
  }
}
