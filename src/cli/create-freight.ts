import { GantryError } from '../core/errors.ts'
import { type Freight, FreightKind } from '../core/kinds/freight.ts'
import { collect } from './collect.ts'
import {
  type AddCommand,
  type ServerOptions,
  connect,
  projectPath,
  requireProject,
  withServer,
} from './context.ts'
import { formatOption } from './format-option.ts'
import { type OutputFormat, formatObjects, objectName } from './output.ts'

interface CreateFreightOptions extends ServerOptions {
  readonly warehouse: string
  readonly artifact: string[]
  readonly alias?: string
  readonly dryRun?: boolean
  readonly output?: Exclude<OutputFormat, 'table' | 'wide'>
}

/** `gantry create freight --warehouse W [--artifact SUBSCRIPTION=VERSION]... [--alias A]` */
export const addCreateFreight: AddCommand = (group, io) => {
  withServer(
    group
      .command('freight')
      .description('make Freight by hand of what a Warehouse has found, the best unless chosen'),
  )
    .requiredOption('--warehouse <name>', 'the Warehouse')
    .option(
      '--artifact <subscription=version>',
      'another artifact than the best of a subscription, named by its name or address (repeatable)',
      collect,
      [],
    )
    .option('--alias <alias>', 'its alias; drawn when absent')
    .option('--dry-run', 'only say what it would be')
    .addOption(formatOption(['yaml', 'json', 'name'], 'show the object'))
    .action(async (options: CreateFreightOptions) => {
      const project = await requireProject(io, options)
      const client = await connect(io, options)
      const path = projectPath(project, 'warehouses', options.warehouse, 'freight')
      const answer = await client.send('POST', options.dryRun ? `${path}?dryRun=true` : path, {
        artifacts: options.artifact.map(parseArtifact),
        ...(options.alias !== undefined && { alias: options.alias }),
      })
      const freight = parseFreight(answer)
      const { output } = options
      if (output === undefined) {
        const made = options.dryRun ? 'would be created' : 'created'
        io.out(`${objectName(freight)} ${made}: ${freight.alias ?? ''}`)
      } else {
        const how = { now: io.now(), namespaces: false, headers: true, single: true }
        io.out(formatObjects(FreightKind, [freight], output, how))
      }
    })
}

/** The last `=` counts: addresses may hold one, versions do not. */
function parseArtifact(text: string): { subscription: string; version: string } {
  const at = text.lastIndexOf('=')
  const [subscription, version] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
  if (subscription !== '' && version !== '') return { subscription, version }
  throw new GantryError(
    'BadRequest',
    `--artifact ${JSON.stringify(text)} is not of the form subscription=version, as in ghcr.io/example/app=1.2.0`,
  )
}

function parseFreight(value: unknown): Freight {
  const parsed = FreightKind.schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new GantryError('Internal', 'the server answered with something that is not Freight')
}
