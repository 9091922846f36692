import { InvalidArgumentError } from 'commander'
import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { KubeObject } from '../core/kinds/kind.ts'
import { parseDuration } from '../core/duration.ts'
import type { Client } from './client.ts'
import {
  type AddCommand,
  type CliIo,
  type ServerOptions,
  connect,
  projectPath,
  requireProject,
  withServer,
} from './context.ts'
import { forEachName } from './each-name.ts'
import { asObject } from './objects.ts'
import { type ResultOptions, printResult, withResult } from './result.ts'
import { endOf, waitForEnd } from './wait-for-end.ts'

interface PromoteOptions extends ServerOptions, ResultOptions {
  readonly stage?: string
  readonly downstreamFrom?: string
  readonly freight?: string
  readonly freightAlias?: string
  readonly warehouse?: string
  readonly wait?: boolean
  readonly timeout: number
  readonly abort?: boolean
  readonly name?: string
}

/** `gantry promote --stage S --freight NAME|ALIAS [--wait]` */
export const addPromote: AddCommand = (program, io) => {
  withResult(
    withServer(program.command('promote').description('promote Freight to a Stage, or abort that')),
  )
    .option('--stage <name>', 'the Stage to promote to')
    .option('--downstream-from <name>', 'promote to every Stage right after this one')
    .option('--freight <name>', 'the Freight, by name or alias')
    .option('--freight-alias <alias>', 'the Freight, by alias')
    .option(
      '--warehouse <name>',
      'the newest Freight of this Warehouse that auto-promotion would choose',
    )
    .option('--wait', 'wait until it has ended; the exit code is 0 only when it succeeded')
    .option('--timeout <time>', 'with --wait: give up after 90, 90s or 1h30m', toSeconds, 3600)
    .option('--abort', 'with --name: abort a Promotion')
    .option('--name <promotion>', 'with --abort: which Promotion')
    .action(async (options: PromoteOptions) => {
      const project = await requireProject(io, options)
      const client = await connect(io, options)
      refuseMixture(options)
      if (options.abort) {
        await abortPromotion(io, client, project, options.name)
        return
      }
      const { started, refused } = await start(client, project, options)
      for (const promotion of started) printResult(io, promotion, 'created', options)
      if (options.wait) {
        const limit = AbortSignal.timeout(Math.ceil(options.timeout * 1000))
        const signal = AbortSignal.any([io.signal, limit])
        const names = started.map(({ metadata }) => metadata.name)
        const { conclude } = await forEachName(io, names, 'brought to success', (name) =>
          waitForEnd(io, client, project, name, signal),
        )
        if (refused !== undefined) io.err(`error: ${refused}`)
        conclude()
      }
      if (refused !== undefined) throw new GantryError('NotSucceeded', refused)
    })
}

/** The longest that timers can wait, which is some 24 days. */
const longestSeconds = 2_147_483

/** A bare number counts seconds. */
function toSeconds(text: string): number {
  const seconds = /^[\d.]+$/.test(text) ? Number(text) : (parseDuration(text) ?? 0) / 1000
  if (seconds > 0 && seconds <= longestSeconds) return seconds
  throw new InvalidArgumentError(
    `a timeout is a number of seconds up to ${longestSeconds}, or a time such as 90s, 5m or 1h30m`,
  )
}

export async function abortPromotion(
  io: CliIo,
  client: Client,
  project: string,
  name: string | undefined,
): Promise<void> {
  if (name === undefined) throw new GantryError('BadRequest', 'say which promotion to abort')
  const answer = await client.send('POST', projectPath(project, 'promotions', name, 'abort'))
  const end = endOf(answer)
  const came = end === undefined ? 'asked to abort' : `has ended already: ${end}`
  io.out(`promotion.kargo.akuity.io/${name} ${came}`)
}

/** Flags that say two things at once are not guessed at. */
function refuseMixture(options: PromoteOptions): void {
  const { abort, name, downstreamFrom, warehouse } = options
  if ((name !== undefined) !== (abort === true))
    throw new GantryError('BadRequest', '--abort and --name belong together', { field: 'name' })
  if (downstreamFrom !== undefined && warehouse !== undefined)
    throw new GantryError('BadRequest', '--warehouse goes with --stage only', {
      field: 'warehouse',
    })
}

interface Started {
  readonly started: readonly KubeObject[]
  /** What became of the other Stages. */
  readonly refused: string | undefined
}

async function start(client: Client, project: string, options: PromoteOptions): Promise<Started> {
  if ((options.stage === undefined) === (options.downstreamFrom === undefined)) {
    throw new GantryError(
      'BadRequest',
      'say where to: either --stage NAME or --downstream-from NAME',
    )
  }
  const body = selection(options)
  if (options.stage !== undefined) {
    const answer = await client.send(
      'POST',
      projectPath(project, 'stages', options.stage, 'promotions'),
      body,
    )
    return { started: [asObject(answer)], refused: undefined }
  }
  const path = projectPath(
    project,
    'stages',
    options.downstreamFrom ?? '',
    'promotions',
    'downstream',
  )
  const answer = await client.send('POST', path, body)
  const promotions =
    isJsonObject(answer) && Array.isArray(answer['promotions']) ? answer['promotions'] : []
  const errors = isJsonObject(answer) ? answer['errors'] : undefined
  return {
    started: promotions.map(asObject),
    refused: typeof errors === 'string' ? errors : undefined,
  }
}

function selection({ freight, freightAlias, warehouse }: PromoteOptions): object {
  const given = [freight, freightAlias, warehouse].filter((value) => value !== undefined)
  if (given.length !== 1) {
    throw new GantryError(
      'BadRequest',
      'say what to promote: one of --freight, --freight-alias, --warehouse',
    )
  }
  if (freightAlias !== undefined) return { freightAlias }
  return warehouse === undefined ? { freight } : { origin: `Warehouse/${warehouse}` }
}
