import type { Node } from './ast.ts'
import { compileNode } from './compile.ts'
import { ExpressionError } from './error.ts'
import type { Code, Frame } from './frame.ts'
import { parse } from './parser.ts'
import type { Declarations } from './signature.ts'

/** The error of a failed run again, with the place where it arose. */
export function locateFailure(
  failure: ExpressionError,
  program: { readonly source: string; readonly declarations: Declarations | undefined },
  frame: Frame,
): ExpressionError {
  const { source, declarations } = program
  const instrument =
    (node: Node, code: Code): Code =>
    (inner) => {
      try {
        return code(inner)
      } catch (thrown) {
        throw thrown instanceof ExpressionError &&
          thrown.kind === 'run' &&
          thrown.position === undefined
          ? new ExpressionError({
              kind: 'run',
              reason: thrown.reason,
              source,
              offset: node.at,
              nearest: thrown.nearest,
            })
          : thrown
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
