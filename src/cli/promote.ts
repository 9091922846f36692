import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { type Promotion, PromotionKind } from '../core/kinds/promotion.ts'
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
import { asObject } from './objects.ts'

interface PromoteOptions extends ServerOptions {
  readonly stage?: string
  readonly downstreamFrom?: string
  readonly freight?: string
  readonly freightAlias?: string
  readonly warehouse?: string
  readonly wait?: boolean
  readonly timeout: string
  readonly abort?: boolean
  readonly name?: string
}

/** `gantry promote --stage S --freight NAME|ALIAS [--wait]` */
export const addPromote: AddCommand = (program, io) => {
  withServer(program.command('promote').description('promote Freight to a Stage'))
    .option('--stage <name>', 'the Stage to promote to')
    .option('--downstream-from <name>', 'promote to every Stage right after this one')
    .option('--freight <name>', 'the Freight, by name or alias')
    .option('--freight-alias <alias>', 'the Freight, by alias')
    .option(
      '--warehouse <name>',
      'the newest Freight of this Warehouse that auto-promotion would choose',
    )
    .option('--wait', 'wait until it has ended; the exit code is 0 only when it succeeded')
    .option('--timeout <seconds>', 'with --wait: give up after this long', '3600')
    .option('--abort', 'with --name: abort a Promotion')
    .option('--name <promotion>', 'with --abort: which Promotion')
    .action(async (options: PromoteOptions) => {
      const project = requireProject(io, options)
      const client = await connect(io, options)
      if (options.abort) {
        await abortPromotion(io, client, project, options.name)
        return
      }
      const started = await start(client, project, options)
      for (const promotion of started) io.out(`promotion.kargo.akuity.io/${promotion} created`)
      if (!options.wait) return
      const limit = AbortSignal.timeout(Number(options.timeout) * 1000)
      for (const promotion of started) {
        await waitForEnd(io, client, project, promotion, AbortSignal.any([io.signal, limit]))
      }
    })
}

export async function abortPromotion(
  io: CliIo,
  client: Client,
  project: string,
  name: string | undefined,
): Promise<void> {
  if (name === undefined) throw new GantryError('BadRequest', 'say which promotion to abort')
  await client.send('POST', projectPath(project, 'promotions', name, 'abort'))
  io.out(`promotion.kargo.akuity.io/${name} asked to abort`)
}

async function start(
  client: Client,
  project: string,
  options: PromoteOptions,
): Promise<readonly string[]> {
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
    return [asObject(answer).metadata.name]
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
  if (isJsonObject(answer) && typeof answer['errors'] === 'string')
    throw new GantryError('NotSucceeded', answer['errors'])
  return promotions.map((promotion) => asObject(promotion).metadata.name)
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

const ended: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Errored', 'Aborted'])

/** Follows a Promotion to its end, saying each change of phase or step. Throws NotSucceeded unless it succeeded. */
async function waitForEnd(
  io: CliIo,
  client: Client,
  project: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const path = projectPath(project, 'promotions', name)
  let said = ''
  while (!signal.aborted) {
    for await (const { event, data } of client.events(`${path}?watch=true`, signal)) {
      const change: unknown = JSON.parse(data)
      if (event === 'error' || !isJsonObject(change)) break
      const { status } = parsePromotion(change['object'])
      const line = describe(status)
      if (line !== said) io.err(line)
      said = line
      if (!ended.has(status?.phase ?? '')) continue
      if (status?.phase === 'Succeeded') return
      const reason = status?.message ? `: ${status.message}` : ''
      throw new GantryError(
        'NotSucceeded',
        `promotion ${name} ended ${status?.phase ?? ''}${reason}`,
      )
    }
  }
  throw new GantryError(
    'Timeout',
    `promotion ${name} has not ended yet; look at it with \`gantry get promotion ${name}\``,
  )
}

function parsePromotion(value: unknown): Promotion {
  const parsed = PromotionKind.schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new GantryError('Internal', 'the server answered with something that is not a Promotion')
}

function describe(status: Promotion['status']): string {
  const phase = status?.phase ?? 'Pending'
  const current = status?.stepExecutionMetadata?.at(-1)
  return phase === 'Running' && current?.alias !== undefined ? `${phase}: ${current.alias}` : phase
}
