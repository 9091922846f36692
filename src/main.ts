#!/usr/bin/env node
import { text } from 'node:stream/consumers'
import { Command, CommanderError } from 'commander'
import { addAbort } from './cli/abort.ts'
import { addApply } from './cli/apply.ts'
import { addApprove } from './cli/approve.ts'
import { addCatalog } from './cli/catalog.ts'
import type { AddCommand, CliIo } from './cli/context.ts'
import { addDelete } from './cli/delete.ts'
import { addEval } from './cli/add-eval.ts'
import { addExplain } from './cli/explain.ts'
import { addGet } from './cli/get.ts'
import { addLink } from './cli/link.ts'
import { addPromote } from './cli/promote.ts'
import { addRefresh } from './cli/refresh.ts'
import { type Serve, addUp } from './cli/up.ts'
import { addVersion } from './cli/version.ts'
import { asGantryError } from './core/errors.ts'
import type { JsonObject } from './core/json.ts'
import { version } from './version.ts'

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort()
  })
}

const io: CliIo = {
  env: process.env,
  signal: stopping.signal,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  stdin: () => text(process.stdin),
  now: () => Date.now(),
}

// What only one command needs is loaded by that command.
const serve: Serve = async (...args) => (await import('./serve.ts')).serve(...args)
const pluginCatalog = async (): Promise<JsonObject> =>
  (await import('./catalog.ts')).pluginCatalog()

const commands: readonly AddCommand[] = [
  addUp(serve),
  addApply,
  addGet,
  addDelete,
  addPromote,
  addApprove,
  addRefresh,
  addAbort,
  addExplain,
  addEval,
  addLink,
  addCatalog(pluginCatalog),
  addVersion(version),
]

process.exitCode = await run(process.argv)

async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('gantry')
    .description(
      'Continuous promotion for GitOps: from new versions to the right environments, through git.',
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
  for (const add of commands) add(program, io)
  try {
    await program.parseAsync(argv)
    return Number(process.exitCode ?? 0)
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    const error = asGantryError(thrown)
    io.err(`gantry: ${error.message}${error.field === undefined ? '' : ` (at ${error.field})`}`)
    for (const detail of error.details) io.err(`  ${detail}`)
    return error.exit
  }
}
