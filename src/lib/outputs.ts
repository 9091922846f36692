import { z } from 'zod'
import { evaluate, toJson, type Env, type RunOptions } from '../core/expr/index.ts'
import type { Json } from '../core/json.ts'

/** Outputs that a step's config composes from what the step read. */
export const OutputExpressions = z.array(
  z.strictObject({
    name: z.string().min(1).describe('Key in the output'),
    fromExpression: z.string().min(1).describe('An expression, without ${{ }}'),
  }),
)

/** Evaluates each; throws ExpressionError. Values are as JSON carries them. */
export function composeOutputs(
  outputs: z.output<typeof OutputExpressions>,
  env: Env,
  options: RunOptions,
): Record<string, Json> {
  return Object.fromEntries(
    outputs.map(({ name, fromExpression }) => [
      name,
      toJson(evaluate(fromExpression, env, options)),
    ]),
  )
}
