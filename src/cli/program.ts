import { Command, CommanderError } from 'commander'
import { asGantryError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { addAbort } from './abort.ts'
import { addEval } from './add-eval.ts'
import { addApply } from './apply.ts'
import { addApprove } from './approve.ts'
import { addCatalog } from './catalog.ts'
import { addCheck } from './check.ts'
import { addCompletion } from './completion.ts'
import { addConfig } from './config.ts'
import { type AddCommand, type CliIo, Exit } from './context.ts'
import { addCreate } from './create.ts'
import { addDashboard } from './dashboard.ts'
import { addDelete } from './delete.ts'
import { addDeliveries } from './deliveries.ts'
import { addExplain } from './explain.ts'
import { addGet } from './get.ts'
import { addGrant, addRevoke } from './grant.ts'
import { readFlags, refuseElsewhere, takeTemplates } from './kargo-flags.ts'
import { addLink } from './link.ts'
import { addLogin } from './login.ts'
import { addLogout } from './logout.ts'
import { addLogs } from './logs.ts'
import { addPromote } from './promote.ts'
import { addRefresh } from './refresh.ts'
import { type Serve, addUp } from './up.ts'
import { addUpdate } from './update.ts'
import { addVerify } from './verify.ts'
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
    refuseElsewhere(args)
    const program = createProgram(io, parts)
    await program.parseAsync(readFlags(program, args), { from: 'user' })
    return 0
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : usageExit
    if (thrown instanceof Exit) return thrown.code
    const error = asGantryError(thrown)
    const field = error.field === undefined ? '' : ` (at ${error.field})`
    io.err(`gantry: ${error.message}${field}`)
    if (error.code === 'Unauthorized') io.err('  sign in with `gantry login`')
    for (const detail of error.details) if (!error.message.includes(detail)) io.err(`  ${detail}`)
    return error.exit
  }
}

const usageExit = 2

/** All commands. */
export function createProgram(io: CliIo, { serve, catalog, version }: ProgramParts): Command {
  const commands: readonly AddCommand[] = [
    addUp(serve),
    addApply,
    addCreate,
    addUpdate,
    addGet,
    addDelete,
    addPromote,
    addApprove,
    addRefresh,
    addAbort,
    addVerify,
    addLogs,
    addGrant,
    addRevoke,
    addExplain,
    addCheck,
    addDeliveries,
    addEval,
    addLogin,
    addLogout,
    addConfig,
    addLink,
    addDashboard,
    addCatalog(catalog),
    addCompletion,
    addVersion(version),
  ]
  const program = new Command('gantry')
    .description(
      'Continuous promotion for GitOps: from new versions to the right environments, through git.',
    )
    .version(`gantry ${version}`, '--version', 'show the version of this command')
    .exitOverride()
    // What stands behind `create role` belongs to that, not to `create`.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    })
  for (const add of commands) add(program, io)
  program.hook('preAction', (_program, command) => inheritOptions(command))
  takeTemplates(program)
  return program
}

/** `create -p demo role x` means the same as `create role -p demo x`. */
function inheritOptions(command: Command): void {
  const own = new Set(command.options.map((option) => option.attributeName()))
  for (let group = command.parent; group !== null; group = group.parent) {
    for (const [key, value] of Object.entries(group.opts<Record<string, unknown>>())) {
      const isGiven = group.getOptionValueSource(key) === 'cli'
      if (isGiven && own.has(key) && command.getOptionValueSource(key) !== 'cli')
        command.setOptionValueWithSource(key, value, 'cli')
    }
  }
}
