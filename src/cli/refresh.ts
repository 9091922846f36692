import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { KubeObject } from '../core/kinds/kind.ts'
import { annotations } from '../core/kinds/labels.ts'
import { PromotionKind } from '../core/kinds/promotion.ts'
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
import { followEvents } from './follow-events.ts'
import { asObject } from './objects.ts'
import { endOf } from './wait-for-end.ts'

interface RefreshOptions extends ServerOptions {
  readonly wait?: boolean
}

/** Singular and plural words, and where the resource lives. */
const resources: Readonly<Record<string, string>> = {
  warehouse: 'warehouses',
  warehouses: 'warehouses',
  stage: 'stages',
  stages: 'stages',
  promotion: 'promotions',
  promotions: 'promotions',
  projectconfig: 'config',
  clusterconfig: 'cluster-config',
}

/** `gantry refresh warehouse|stage|promotion|projectconfig|clusterconfig [NAME] [--wait]` */
export const addRefresh: AddCommand = (program, io) => {
  withServer(
    program
      .command('refresh')
      .description('have something looked at now')
      .argument('<kind>', 'warehouse, stage, promotion, projectconfig or clusterconfig')
      .argument('[name]'),
  )
    .option('--wait', 'wait until it was looked at')
    .action(async (word: string, name: string | undefined, options: RefreshOptions) => {
      const client = await connect(io, options)
      const path = await resourcePath(io, word, name, options)
      const object = asObject(await client.send('POST', `${path}/refresh`))
      const end = endOfPromotion(object)
      const came = end === undefined ? 'asked to refresh' : `has ended already: ${end}`
      io.out(`${word} ${object.metadata.name} ${came}`)
      if (options.wait) await waitUntilHandled(io, client, path)
    })
}

async function resourcePath(
  io: CliIo,
  word: string,
  name: string | undefined,
  options: RefreshOptions,
): Promise<string> {
  const resource = resources[word.toLowerCase()]
  if (resource === undefined) {
    throw new GantryError(
      'BadRequest',
      `cannot refresh ${JSON.stringify(word)}: use warehouse, stage, promotion, projectconfig or clusterconfig`,
    )
  }
  if (resource === 'cluster-config') return '/v1beta1/system/cluster-config'
  const project = await requireProject(io, options)
  if (resource === 'config') return projectPath(project, 'config')
  if (name === undefined) throw new GantryError('BadRequest', `say which ${word} to refresh`)
  return projectPath(project, resource, name)
}

/** A newer refresh may take the place of the own one before either is handled: the newest counts. */
async function waitUntilHandled(io: CliIo, client: Client, path: string): Promise<void> {
  for await (const { event, data } of followEvents(
    io,
    client,
    () => `${path}?watch=true`,
    io.signal,
  )) {
    const change: unknown = JSON.parse(data)
    if (event === 'error' || !isJsonObject(change)) continue
    const object = asObject(change['object'])
    if (change['type'] === 'DELETED')
      throw new GantryError('NotFound', `${object.kind} ${object.metadata.name} was deleted`)
    const status = 'status' in object ? object.status : undefined
    const handled = isJsonObject(status) ? status['lastHandledRefresh'] : undefined
    if (handled === object.metadata.annotations?.[annotations.refresh]) return
    if (endOfPromotion(object) !== undefined) return
  }
  throw new GantryError('Canceled', 'interrupted before it was looked at')
}

/** A Promotion that has ended is looked at no more. */
function endOfPromotion(object: KubeObject): string | undefined {
  return object.kind === PromotionKind.kind ? endOf(object) : undefined
}
