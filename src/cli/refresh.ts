import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
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
      io.out(`${word} ${object.metadata.name} asked to refresh`)
      const token = object.metadata.annotations?.['kargo.akuity.io/refresh']
      if (options.wait && token !== undefined)
        await waitUntilHandled(client, path, token, io.signal)
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

async function waitUntilHandled(
  client: Client,
  path: string,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const { data } of client.events(`${path}?watch=true`, signal)) {
    const change: unknown = JSON.parse(data)
    const object = isJsonObject(change) ? change['object'] : undefined
    const status = isJsonObject(object) ? object['status'] : undefined
    if (isJsonObject(status) && status['lastHandledRefresh'] === token) return
  }
}
