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
import { addUpdateConfigMap, addUpdateGenericCredentials } from './named-values.ts'
import { addUpdateRepoCredentials } from './repo-credentials.ts'
import { type ResultOptions, printResult, withResult } from './result.ts'

/** `gantry update`: a command for each thing of which parts can be changed. */
export const addUpdate: AddCommand = (program, io) => {
  const group = program.command('update').description('change parts of an object')
  for (const add of [
    addUpdateFreight,
    addUpdateConfigMap,
    addUpdateRepoCredentials,
    addUpdateGenericCredentials,
  ])
    add(group, io)
}

interface FreightOptions extends ServerOptions, ResultOptions {
  readonly name?: string
  readonly oldAlias?: string
  readonly newAlias: string
}

/** `gantry update freight --name NAME --new-alias ALIAS` */
const addUpdateFreight: AddCommand = (group, io) => {
  const command = group.command('freight').description('give Freight another alias')
  withResult(withServer(command))
    .option('--name <name>', 'the Freight, by name')
    .addOption(new Option('--old-alias <alias>', 'the Freight, by alias').conflicts('name'))
    .requiredOption('--new-alias <alias>', 'its alias from now on')
    .action(async (options: FreightOptions) => {
      const freight = options.name ?? options.oldAlias
      if (!freight)
        throw new GantryError('BadRequest', 'say which Freight: --name NAME or --old-alias ALIAS')
      const path = projectPath(await requireProject(io, options), 'freight', freight, 'alias')
      const client = await connect(io, options)
      const query = new URLSearchParams({ newAlias: options.newAlias })
      printResult(io, await client.send('PATCH', `${path}?${query}`), 'updated', options)
    })
}
