import { Option } from 'commander'
import { GantryError } from '../core/errors.ts'
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

interface GrantOptions extends ServerOptions, ResultOptions {
  readonly role: string
  readonly claim?: string[]
  readonly verb?: string[]
  readonly resourceType?: string
  readonly resourceName?: string
}

/** `gantry grant --role ROLE`, with claims or with a permission. */
export const addGrant = changing('grant', 'grants', 'give a role to users, or rights to a role')
/** `gantry revoke --role ROLE`, with claims or with a permission. */
export const addRevoke = changing(
  'revoke',
  'revocations',
  'take a role from users, or rights from a role',
)

function changing(verb: string, noun: string, description: string): AddCommand {
  return (program, io) => {
    const command = withResult(withServer(program.command(verb).description(description)))
    command
      .requiredOption('--role <name>', 'which role')
      .addOption(
        new Option('--claim <name=value>', 'users, by a claim of theirs; repeatable')
          .argParser(collect)
          .conflicts(['verb', 'resourceType', 'resourceName']),
      )
      .option('--verb <verb>', 'what may be done, as in get or promote; repeatable', collect)
      .option('--resource-type <plural>', 'with what, as in stages')
      .option('--resource-name <name>', 'with this one only')
      .action(async (options: GrantOptions) => {
        const body = { role: options.role, ...changeIn(options) }
        const path = projectPath(await requireProject(io, options), 'roles', noun)
        const client = await connect(io, options)
        printResult(io, await client.send('POST', path, body), 'updated', options)
      })
  }
}

function changeIn({ claim, verb, resourceType, resourceName }: GrantOptions): object {
  if (claim !== undefined) return { userClaims: { claims: claimsOf(claim) } }
  if (resourceType === undefined || verb === undefined) {
    throw new GantryError(
      'BadRequest',
      'say whom or what: --claim NAME=VALUE, or --verb VERB with --resource-type PLURAL',
    )
  }
  const verbs = verb.flatMap((text) => text.split(',')).filter((text) => text !== '')
  return { resourceDetails: { resourceType, resourceName, verbs } }
}
