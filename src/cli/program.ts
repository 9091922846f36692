import { Command, CommanderError } from 'commander'
import { asGantryError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { addAbort } from './abort.ts'
import { addEval } from './add-eval.ts'
import { addApply } from './apply.ts'
import { addApprove } from './approve.ts'
import { addCatalog } from './catalog.ts'
import { addCheck } from './check.ts'
import { type AddCommand, type CliIo, Exit } from './context.ts'
import { addCreateFreight } from './create-freight.ts'
import { addDelete } from './delete.ts'
import { addDeliveries } from './deliveries.ts'
import { addExplain } from './explain.ts'
import { addGet } from './get.ts'
import { addLink } from './link.ts'
import { addPromote } from './promote.ts'
import { addRefresh } from './refresh.ts'
import { type Serve, addUp } from './up.ts'
import { addVersion } from './version.ts'

/** What commands are handed that is not theirs. */
export interface ProgramParts {
  readonly serve: Serve
  readonly catalog: () => Promise<JsonObject>
  readonly version: string
}

/** Runs one command line (without the names of node and the program); resolves with the exit code. Never rejects. */
export async function runCommand(
  args: readonly string[],
  io: CliIo,
  parts: ProgramParts,
): Promise<number> {
  try {
    await createProgram(io, parts).parseAsync(args, { from: 'user' })
    return 0
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : usageExit
    if (thrown instanceof Exit) return thrown.code
    const error = asGantryError(thrown)
    const field = error.field === undefined ? '' : ` (at ${error.field})`
    io.err(`gantry: ${error.message}${field}`)
    for (const detail of error.details) if (!error.message.includes(detail)) io.err(`  ${detail}`)
    return error.exit
  }
}

const usageExit = 2

function createProgram(io: CliIo, { serve, catalog, version }: ProgramParts): Command {
  const commands: readonly AddCommand[] = [
    addUp(serve),
    addApply,
    addGet,
    addCreateFreight,
    addDelete,
    addPromote,
    addApprove,
    addRefresh,
    addAbort,
    addExplain,
    addCheck,
    addDeliveries,
    addEval,
    addLink,
    addCatalog(catalog),
    addVersion(version),
  ]
  const program = new Command('gantry')
    .description(
      'Continuous promotion for GitOps: from new versions to the right environments, through git.',
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    })
  for (const add of commands) add(program, io)
  return program
}
