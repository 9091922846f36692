import { nearest } from '../nearest.ts'
import type { Node } from './ast.ts'
import { builtinNames } from './builtin-names.ts'
import { compileNode } from './compile/index.ts'
import { ExpressionError } from './error.ts'
import type { Code, Frame } from './frame.ts'
import { parse } from './parse/index.ts'
import type { Declarations } from './signature.ts'
import { isValueMap } from './value.ts'
import type { Value } from './value.ts'

/** The error of a failed run again, with the place where it arose and the name that may have been meant. */
export function locateFailure(
  failure: ExpressionError,
  program: { readonly source: string; readonly declarations: Declarations | undefined },
  frame: Frame,
): ExpressionError {
  const { source, declarations } = program
  const values = new Map<Node, Value>()
  const place = (node: Node, thrown: ExpressionError): ExpressionError =>
    thrown.at(source, node.at, meant(node, values, frame, declarations))
  const instrument =
    (node: Node, code: Code): Code =>
    (inner) => {
      try {
        const value = code(inner)
        values.set(node, value)
        return value
      } catch (thrown) {
        throw isUnplaced(thrown) ? place(node, thrown) : thrown
      }
    }
  try {
    const root = parse(source, { overridden: declarations?.functions })
    compileNode(root, source, { declarations, instrument }).code(frame)
  } catch (thrown) {
    if (thrown instanceof ExpressionError && thrown.position !== undefined) return thrown
  }
  return failure
}

function isUnplaced(thrown: unknown): thrown is ExpressionError {
  return thrown instanceof ExpressionError && thrown.kind === 'run' && thrown.position === undefined
}

/** A known name near the one that turned out to be nil. */
function meant(
  node: Node,
  values: ReadonlyMap<Node, Value>,
  frame: Frame,
  declarations: Declarations | undefined,
): string | undefined {
  if (node.kind === 'call' && node.callee.kind === 'name') {
    const functions = [...(declarations?.functions.keys() ?? []), ...builtinNames]
    const known = [...functions, ...Object.keys(frame.env)]
    // A function that is there failed for a reason of its own.
    return known.includes(node.callee.name) ? undefined : nearest(node.callee.name, known)
  }
  if (node.kind !== 'member') return undefined
  const object = node.object.kind === 'chain' ? node.object.inner : node.object
  if (object.kind === 'name')
    return isMissing(object.name, frame.env)
      ? nearest(object.name, Object.keys(frame.env))
      : undefined
  if (object.kind !== 'member' || object.property.kind !== 'string') return undefined
  const parent = values.get(object.object)
  if (!isValueMap(parent) || !isMissing(object.property.value, parent)) return undefined
  return nearest(object.property.value, Object.keys(parent))
}

function isMissing(name: string, map: Readonly<Record<string, Value | undefined>>): boolean {
  return !Object.hasOwn(map, name)
}
