import { Option } from 'commander'
import { GantryError } from '../core/errors.ts'
import {
  type AddCommand,
  type ServerOptions,
  connect,
  projectPath,
  requireProject,
  withServer,
} from './context.ts'

interface ApproveOptions extends ServerOptions {
  readonly stage: string
  readonly freight?: string
  readonly freightAlias?: string
}

/** `gantry approve --stage S --freight NAME|ALIAS` */
export const addApprove: AddCommand = (program, io) => {
  withServer(
    program
      .command('approve')
      .description('approve Freight for a Stage, whatever happened upstream'),
  )
    .requiredOption('--stage <name>', 'the Stage')
    .option('--freight <name>', 'the Freight, by name or alias')
    .addOption(new Option('--freight-alias <alias>', 'the Freight, by alias').conflicts('freight'))
    .action(async (options: ApproveOptions) => {
      const freight = options.freight ?? options.freightAlias
      if (freight === undefined)
        throw new GantryError('BadRequest', 'say which Freight: --freight NAME or ALIAS')
      const client = await connect(io, options)
      const path = projectPath(await requireProject(io, options), 'freight', freight, 'approve')
      await client.send('POST', `${path}?stage=${encodeURIComponent(options.stage)}`)
      io.out(`freight ${freight} approved for stage ${options.stage}`)
    })
}
