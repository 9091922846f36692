import { setTimeout } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { GantryError } from '../core/errors.ts'
import { fromEnv } from '../lib/from-env.ts'
import type { AddCommand, CliIo } from './context.ts'
import { readSettings, rememberServer, serverUrl } from './settings.ts'

export interface UpOptions {
  readonly data: string
  readonly port: number
  readonly host: string
  readonly store: 'sqlite' | 'memory'
  readonly allowedHost: readonly string[]
  /** An address of their own for webhook receivers; absent: they are under `/webhooks` of the main one. */
  readonly webhooksHost?: string | undefined
  readonly webhooksPort?: number | undefined
  /** How receivers are reached from outside. */
  readonly webhooksUrl?: string | undefined
}

/** A running Gantry, as `serve` returns it. */
export interface Running {
  readonly url: string
  /** Where webhook receivers listen when they have an address of their own. */
  readonly webhooksUrl?: string | undefined
  readonly adminToken: string
  /** A link that signs a browser in, once. */
  readonly link: string
  /** Finishes what runs, then closes everything. */
  stop(): Promise<void>
  /** Rejects when it can no longer go on (the store cannot write). */
  readonly failed: Promise<never>
}

/** `knownToken`: the admin token that the commands already have for this address, so that a restart keeps it. */
export type Serve = (
  options: UpOptions,
  env: NodeJS.ProcessEnv,
  knownToken: string | undefined,
) => Promise<Running>

/** `gantry up`: store, journal, controllers, API and page in this process, until Ctrl-C. */
export function addUp(serve: Serve): AddCommand {
  return (program, io) => {
    program
      .command('up')
      .description('run Gantry: store, controllers, API and page in one process')
      .option(
        '--data <folder>',
        'the data folder (GANTRY_DATA)',
        fromEnv(io.env, 'GANTRY_DATA') ?? './.gantry',
      )
      .option('--port <number>', 'where to listen; 0 picks a free port (GANTRY_PORT)', toPort, 8080)
      .option(
        '--host <address>',
        'address to listen on; beyond loopback needs GANTRY_ADMIN_PASSWORD',
        '127.0.0.1',
      )
      .option(
        '--allowed-host <name>',
        'a further host name that this server answers to; repeatable',
        append,
        [],
      )
      .option(
        '--webhooks-host <address>',
        'an address of their own for webhook receivers, also served under /webhooks of the main one',
      )
      .option('--webhooks-port <number>', 'the port of that address; 0 picks a free one', toPort)
      .option(
        '--webhooks-url <url>',
        'how webhook receivers are reached from outside (EXTERNAL_WEBHOOK_SERVER_BASE_URL)',
      )
      .addOption(new Option('--store <kind>').choices(['sqlite', 'memory']).default('sqlite'))
      .action((options: UpOptions, command: Command) => {
        const isGiven = command.getOptionValueSource('port') === 'cli'
        return run(io, serve, isGiven ? options : { ...options, ...portOfEnv(io) })
      })
  }
}

async function run(io: CliIo, serve: Serve, options: UpOptions): Promise<void> {
  const { tokens } = await readSettings(io.env)
  const running = await serve(options, io.env, tokens[serverUrl(options.host, options.port)])
  await rememberServer(io.env, running.url, running.adminToken)
  io.out(`Gantry listens on ${running.url}`)
  if (running.webhooksUrl !== undefined) io.out(`Webhook receivers: ${running.webhooksUrl}`)
  io.out(`The page, signed in (once): ${running.link}`)
  try {
    await Promise.race([running.failed, untilAborted(io.signal)])
    io.err('stopping: finishing what runs')
  } catch (thrown) {
    // Whoever calls just now is told why, instead of being cut off.
    await Promise.race([setTimeout(lingerMs), untilAborted(io.signal)])
    throw thrown
  } finally {
    await running.stop()
  }
}

const lingerMs = 500

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const portRule = 'a port is a whole number from 0 to 65535'

function toPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError(portRule)
}

/** Read by this command only: a variable that is wrong is no reason for others to fail. */
function portOfEnv({ env }: CliIo): { readonly port?: number } {
  const text = fromEnv(env, 'GANTRY_PORT')
  if (text === undefined) return {}
  try {
    return { port: toPort(text) }
  } catch (thrown) {
    const problem = `GANTRY_PORT is ${JSON.stringify(text)}: ${portRule}`
    throw new GantryError('BadRequest', problem, { cause: thrown })
  }
}

function append(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}
