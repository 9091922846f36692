import { type Command, Option } from 'commander'
import { GantryError } from '../core/errors.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import { allKinds } from '../core/kinds/index.ts'
import type { KubeObject } from '../core/kinds/kind.ts'
import { labels } from '../core/kinds/labels.ts'
import { WarehouseKind } from '../core/kinds/warehouse.ts'
import type { DiscoveryView } from '../core/policy/discovery-view.ts'
import { collect } from './collect.ts'
import type { Client } from './client.ts'
import { type AddCommand, type CliIo, connect, withServer } from './context.ts'
import { fetchDiscovery, formatDiscovery } from './discovery-table.ts'
import { forEachName } from './each-name.ts'
import { followEvents } from './follow-events.ts'
import { type Selection, type Source, sourceOf } from './get-source.ts'
import { formatOption } from './format-option.ts'
import { nouns } from './nouns.ts'
import { asObject } from './objects.ts'
import { type ColumnWidths, type OutputFormat, formatObjects, outputFormats } from './output.ts'
import { withScope } from './scope.ts'

interface GetOptions extends Selection {
  readonly output: OutputFormat
  readonly watch?: boolean
  readonly headers: boolean
}

/** Every word that `get` and `delete` know, by its plural. */
export const pluralWords = [
  ...new Set([
    ...Object.values(nouns).map(({ words: [plural] }) => plural),
    ...allKinds.map(({ plural }) => plural),
  ]),
].join(', ')

/** `gantry get KIND [NAME...]` */
export const addGet: AddCommand = (program, io) => {
  const command = withServer(
    program
      .command('get')
      .description('show objects')
      .argument('<kind>', `one of ${pluralWords}`)
      .argument('[name...]'),
  )
  withFreightNames(withScope(command, 'shared', 'system'))
    .addOption(
      new Option('--warehouse <name>', 'Freight of this Warehouse; repeatable')
        .argParser(collect)
        .conflicts(['name', 'alias']),
    )
    .addOption(
      new Option('--origin <name>', 'the same as --warehouse')
        .argParser(collect)
        .conflicts(['name', 'alias']),
    )
    .option('--stage <name>', 'Promotions to this Stage')
    .option('--role <name>', 'tokens of this role')
    .option('-k, --as-kubernetes-resources', 'roles: the objects that they are made of')
    .addOption(formatOption(outputFormats).default('table'))
    .option('-w, --watch', 'then show every change until interrupted')
    .option('--no-headers', 'leave out the header line')
    .action((word: string, names: string[], options: GetOptions) => run(io, word, names, options))
}

/** `--name` and `--alias`, by which Kargo's commands call Freight. */
export function withFreightNames(command: Command): Command {
  return command
    .option('--name <name>', 'Freight of this name; repeatable', collect)
    .option('--alias <alias>', 'Freight of this alias; repeatable', collect)
}

async function run(
  io: CliIo,
  word: string,
  given: readonly string[],
  options: GetOptions,
): Promise<void> {
  const client = await connect(io, options)
  const source = await sourceOf(io, client, word, given, options)
  const { names, watchable } = source
  if (options.watch && watchable === undefined)
    throw new GantryError('NotSupported', `${source.plural} cannot be watched`, { field: 'watch' })
  // Asked before what is shown first, so that no change between the two is missed.
  const since = options.watch && watchable !== undefined ? await versionOf(client, watchable) : ''
  const widths: ColumnWidths = []
  const found = await forEachName(io, names, 'shown', (name) => source.one(name))
  const all = names.length === 0 ? await source.list() : found.done.flat()
  const objects = all.filter((object) => source.isWanted(object))
  if (objects.length > 0 || names.length === 0) print(io, source, objects, options, widths)
  if (source.of === WarehouseKind && options.output === 'wide' && objects.length > 0)
    io.out(
      `\n${formatDiscovery(await Promise.all(objects.map((object) => lookInto(client, object))))}`,
    )
  found.conclude()
  if (options.watch && watchable !== undefined)
    await follow(io, client, source, { path: watchable, since, widths }, options)
}

function lookInto(client: Client, { metadata }: KubeObject): Promise<DiscoveryView> {
  return fetchDiscovery(client, metadata.namespace ?? '', metadata.name)
}

function print(
  io: CliIo,
  { plural, table, place, names }: Source,
  objects: readonly KubeObject[],
  options: GetOptions,
  widths: ColumnWidths,
): void {
  const isTable = options.output === 'table' || options.output === 'wide'
  if (objects.length === 0 && isTable) {
    io.err(`no ${plural} found${place === undefined ? '' : ` ${place}`}`)
    return
  }
  const shape = {
    now: io.now(),
    namespaces: place === undefined,
    headers: options.headers,
    single: names.length === 1 && objects.length === 1,
    widths,
  }
  const text = formatObjects(table, objects, options.output, shape)
  // Names of nothing are no line, not an empty one: scripts count them.
  if (text !== '') io.out(text)
}

/** A list, from which version on it is followed, and how wide its table has become. */
interface Watched {
  readonly path: string
  readonly since: string
  readonly widths: ColumnWidths
}

async function follow(
  io: CliIo,
  client: Client,
  source: Source,
  { path, since, widths }: Watched,
  options: GetOptions,
): Promise<void> {
  const separator = path.includes('?') ? '&' : '?'
  let version = since
  const watchPath = (): string =>
    `${path}${separator}watch=true&resourceVersion=${encodeURIComponent(version)}`
  for await (const { event, data } of followEvents(io, client, watchPath, io.signal)) {
    const change: unknown = JSON.parse(data)
    if (event === 'error' || !isJsonObject(change)) {
      // Too long ago: everything there is comes again.
      version = ''
      continue
    }
    const object = asObject(change['object'])
    version = object.metadata.resourceVersion ?? version
    if (!source.isWanted(object) || !isNamed(object, source.names)) continue
    const only = { ...source, names: [object.metadata.name] }
    // Where there was nothing to show yet, the header comes with the first row.
    const headers = options.headers && widths.length === 0
    print(io, only, [object], { ...options, headers }, widths)
  }
}

/** What the list is at now: from there on it is watched. */
async function versionOf(client: Client, path: string): Promise<string> {
  const page = await client.get(path)
  return isJsonObject(page) && isJsonObject(page['metadata'])
    ? jsonText(page['metadata']['resourceVersion'])
    : ''
}

function isNamed({ metadata }: KubeObject, names: readonly string[]): boolean {
  const alias = metadata.labels?.[labels.alias]
  return (
    names.length === 0 ||
    names.includes(metadata.name) ||
    (alias !== undefined && names.includes(alias))
  )
}
