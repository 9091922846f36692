import { Option } from 'commander'
import { isJsonObject, jsonText } from '../core/json.ts'
import { allKinds } from '../core/kinds/index.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import type { DiscoveryView } from '../core/policy/discovery-view.ts'
import { fromEnv } from '../lib/from-env.ts'
import type { Client } from './client.ts'
import {
  type AddCommand,
  type CliIo,
  type ServerOptions,
  connect,
  requireKind,
  withServer,
} from './context.ts'
import { fetchDiscovery, formatDiscovery } from './discovery-table.ts'
import { asObject, asObjects } from './objects.ts'
import { type OutputFormat, formatObjects, outputFormats } from './output.ts'

interface GetOptions extends ServerOptions {
  readonly output: OutputFormat
  readonly watch?: boolean
  readonly headers: boolean
}

/** `gantry get KIND [NAME...]` */
export const addGet: AddCommand = (program, io) => {
  const kinds = allKinds.map(({ plural }) => plural).join(', ')
  withServer(
    program
      .command('get')
      .description('show objects')
      .argument('<kind>', `one of ${kinds}`)
      .argument('[name...]'),
  )
    .addOption(new Option('-o, --output <format>').choices(outputFormats).default('table'))
    .option('-w, --watch', 'then show every change until interrupted')
    .option('--no-headers', 'leave out the header line')
    .action(async (word: string, names: string[], options: GetOptions) => {
      const kind = requireKind(word)
      const client = await connect(io, options)
      const project = kind.namespaced
        ? (options.project ?? fromEnv(io.env, 'GANTRY_PROJECT'))
        : undefined
      const objects = await fetchObjects(client, kind, project, names)
      print(io, kind, objects, options, project, names.length === 1)
      if (kind.kind === 'Warehouse' && options.output === 'wide' && objects.length > 0)
        io.out(
          `\n${formatDiscovery(await Promise.all(objects.map((object) => lookInto(client, object))))}`,
        )
      if (options.watch) await follow(io, client, kind, project, names, options)
    })
}

async function fetchObjects(
  client: Client,
  kind: Kind,
  project: string | undefined,
  names: readonly string[],
): Promise<readonly KubeObject[]> {
  if (names.length === 0) return asObjects(await client.get(objectsPath(kind, project)))
  return Promise.all(
    names.map(async (name) => asObject(await client.get(objectsPath(kind, project, name)))),
  )
}

function lookInto(client: Client, { metadata }: KubeObject): Promise<DiscoveryView> {
  return fetchDiscovery(client, metadata.namespace ?? '', metadata.name)
}

/** `/v1beta1/gantry/objects/<plural>[/<name>]?project=` */
export function objectsPath(kind: Kind, project: string | undefined, name?: string): string {
  const path = `/v1beta1/gantry/objects/${kind.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
  return project === undefined ? path : `${path}?project=${encodeURIComponent(project)}`
}

function print(
  io: CliIo,
  kind: Kind,
  objects: readonly KubeObject[],
  options: GetOptions,
  project: string | undefined,
  single: boolean,
): void {
  if (objects.length === 0 && ['table', 'wide'].includes(options.output)) {
    io.err(`no ${kind.plural} found${project === undefined ? '' : ` in project ${project}`}`)
    return
  }
  const shape = {
    now: io.now(),
    namespaces: project === undefined,
    headers: options.headers,
    single,
  }
  io.out(formatObjects(kind, objects, options.output, shape))
}

async function follow(
  io: CliIo,
  client: Client,
  kind: Kind,
  project: string | undefined,
  names: readonly string[],
  options: GetOptions,
): Promise<void> {
  const path = objectsPath(kind, project)
  const page = await client.get(path)
  const version =
    isJsonObject(page) && isJsonObject(page['metadata'])
      ? jsonText(page['metadata']['resourceVersion'])
      : ''
  const separator = path.includes('?') ? '&' : '?'
  const watchPath = `${path}${separator}watch=true&resourceVersion=${encodeURIComponent(version)}`
  for await (const { event, data } of client.events(watchPath, io.signal)) {
    const change: unknown = JSON.parse(data)
    if (event === 'error' || !isJsonObject(change)) return
    const object = asObject(change['object'])
    if (names.length > 0 && !names.includes(object.metadata.name)) continue
    print(io, kind, [object], { ...options, headers: false }, project, true)
  }
}
