import { Option } from 'commander'
import { isJsonObject, type JsonObject, jsonText } from '../core/json.ts'
import {
  type AddCommand,
  type CliIo,
  type ServerOptions,
  connect,
  findProject,
  projectPath,
  withServer,
} from './context.ts'
import { formatAge, formatTable } from './output.ts'

interface DeliveriesOptions extends ServerOptions {
  readonly receiver?: string
  readonly limit: string
  readonly system?: boolean
  readonly output: 'table' | 'json'
}

/** `gantry deliveries [-p PROJECT] [--receiver NAME]`: what webhook receivers were sent. */
export const addDeliveries: AddCommand = (program, io) => {
  withServer(
    program
      .command('deliveries')
      .description('show what webhook receivers were sent, and what came of it'),
  )
    .option('--system', "the installation's receivers; so without a project")
    .option('--receiver <name>', 'of this receiver only')
    .option('-n, --limit <number>', 'at most so many', '50')
    .addOption(new Option('-o, --output <format>').choices(['table', 'json']).default('table'))
    .action((options: DeliveriesOptions) => run(io, options))
}

async function run(io: CliIo, options: DeliveriesOptions): Promise<void> {
  const client = await connect(io, options)
  const project = options.system ? undefined : await findProject(io, options)
  const query = new URLSearchParams({ limit: options.limit })
  if (options.receiver !== undefined) query.set('receiver', options.receiver)
  const path =
    project === undefined
      ? '/v1beta1/system/webhook-deliveries'
      : projectPath(project, 'webhook-deliveries')
  const answer = await client.get(`${path}?${query}`)
  const list = isJsonObject(answer) && Array.isArray(answer['items']) ? answer['items'] : []
  const items = list.filter(isJsonObject)
  if (options.output === 'json') {
    io.out(JSON.stringify({ items }, null, 2))
  } else if (items.length === 0) {
    io.err(`no deliveries${project === undefined ? '' : ` in project ${project}`}`)
  } else {
    const header = ['AGE', 'RECEIVER', 'EVENT', 'OUTCOME', 'STATUS', 'REFRESHED', 'MESSAGE']
    io.out(formatTable([header, ...items.map((item) => row(item, io.now()))]))
  }
}

function row(item: JsonObject, now: number): string[] {
  const text = (key: string): string => jsonText(item[key])
  return [
    formatAge(text('time'), now),
    text('receiver'),
    text('event'),
    text('outcome'),
    text('status'),
    text('refreshedCount'),
    text('message'),
  ]
}
