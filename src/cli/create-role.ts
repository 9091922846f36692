import { annotations } from '../core/kinds/labels.ts'
import { collect } from './collect.ts'
import {
  type AddCommand,
  type ServerOptions,
  connect,
  projectPath,
  requireProject,
  withServer,
} from './context.ts'
import { claimsOf } from './given-values.ts'
import { type ResultOptions, printResult, withResult } from './result.ts'

interface CreateRoleOptions extends ServerOptions, ResultOptions {
  readonly claim: string[]
  readonly description?: string
}

/** `gantry create role NAME [--claim NAME=VALUE]...` */
export const addCreateRole: AddCommand = (group, io) => {
  const command = group.command('role').description('create a role').argument('<name>')
  withResult(withServer(command))
    .option('--claim <name=value>', 'who holds it, by a claim; repeatable', collect, [])
    .option('--description <text>', 'what it is for')
    .action(async (name: string, options: CreateRoleOptions) => {
      const claims = claimsOf(options.claim)
      const path = projectPath(await requireProject(io, options), 'roles')
      const client = await connect(io, options)
      const { description } = options
      const notes = description ? { annotations: { [annotations.description]: description } } : {}
      const answer = await client.send('POST', path, { metadata: { name, ...notes }, claims })
      printResult(io, answer, 'created', options)
    })
}
