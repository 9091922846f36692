import { z } from 'zod'
import { fromJson, type Env, type Value } from '../core/expr/index.ts'
import { composeOutputs, OutputExpressions } from '../lib/outputs.ts'
import { readText } from '../lib/read-text.ts'
import { defineStep } from '../step.ts'

export default defineStep({
  kind: 'yaml-parse',
  summary: 'Read values from a YAML file into outputs.',
  effect: 'pure',
  needs: ['yaml'],
  config: z.strictObject({
    path: z.string().min(1).describe('The YAML file; its first document is read'),
    outputs: OutputExpressions.min(1).describe(
      'What to read: expressions that see the keys of the file as names, and all of it as $env',
    ),
  }),
  output: z.record(z.string(), z.unknown()),
  // What names there are is up to the file.
  expressions: [{ path: 'outputs[].fromExpression' }],
  example: {
    path: './src/Chart.yaml',
    outputs: [{ name: 'version', fromExpression: 'version' }],
  },
  async run(ctx, { path, outputs }) {
    const source = await readText(ctx.workspace, path)
    const value = await ctx.yaml.read(source, `"${path}"`, ctx.signal)
    const root = fromJson(value, { integers: 'float' })
    const output = composeOutputs(outputs, environmentOf(root), { now: ctx.pinnedAt })
    return { status: 'Succeeded', output }
  },
})

/**
 * The document is the environment, whatever it is: a list or a text has no names in it and is reached as `$env`, which
 * the evaluator hands out as it was given.
 */
function environmentOf(root: Value): Env {
  return (root ?? {}) as Env
}
