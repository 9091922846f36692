import { readFile } from 'node:fs/promises'
import { GantryError } from '../core/errors.ts'
import { type AddCommand, Exit } from './context.ts'
import { runEval } from './eval.ts'

interface EvalOptions {
  readonly env?: string
  readonly freight?: string
  readonly explain?: boolean
}

/** `gantry eval 'TEMPLATE'`: try an expression before trusting it. Needs no server. */
export const addEval: AddCommand = (program, io) => {
  program
    .command('eval')
    .description(
      'evaluate a template and print the typed result, or the error with a caret under the place',
    )
    .argument('<template>', "as in '${{ vars.tag }}'")
    .option('--env <file>', 'YAML with the variables: vars, outputs, ctx, ...')
    .option('--freight <file>', 'a Freight manifest, for imageFrom() and its kin')
    .option('--explain', 'also show what each part of the expression came to')
    .action(async (template: string, options: EvalOptions) => {
      const code = await runEval(
        { template, ...options },
        {
          stdout: (text) => io.out(text.trimEnd()),
          stderr: (text) => io.err(text.trimEnd()),
          now: () => io.now(),
          readFile: (path) =>
            readFile(path, 'utf8').catch((thrown: unknown) => {
              throw new GantryError('BadRequest', `cannot read ${path}`, { cause: thrown })
            }),
        },
      )
      if (code !== 0) throw new Exit(code)
    })
}
