import type { Code, Frame } from '../frame.ts'
import type { Value } from '../value.ts'

/**
 * A corner of the original's machine that can be seen: it puts the arguments of `a?.b(x, y)` on its stack before it
 * looks at `a`. When `a` is nil the chain ends there and the arguments stay behind, so an operator to the left takes
 * the last of them as its own left operand: `1 != a?.b(nil)` compares nil with nil. The code below is used only where
 * such a call is inside an operand.
 */
export function stackedOperands(codes: readonly Code[], frame: Frame): Value[] {
  const outer = frame.leftBehind
  const stack: Value[] = []
  for (const code of codes) {
    frame.leftBehind = []
    const value = code(frame)
    stack.push(...frame.leftBehind, value)
  }
  frame.leftBehind = [...outer, ...stack.slice(0, stack.length - codes.length)]
  return stack.slice(stack.length - codes.length)
}
