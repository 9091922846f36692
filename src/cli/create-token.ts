import { GantryError } from '../core/errors.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import { parseDuration } from '../core/duration.ts'
import { type AddCommand, connect, withServer } from './context.ts'
import { type ResultOptions, printResult, withResult } from './result.ts'
import { type ScopeOptions, scopePath, withScope } from './scope.ts'

interface CreateTokenOptions extends ScopeOptions, ResultOptions {
  readonly role: string
  readonly expiresIn?: string
}

/** `gantry create token NAME --role ROLE`: its value, this once, on standard output. */
export const addCreateToken: AddCommand = (group, io) => {
  const command = group
    .command('token')
    .description('create a token of a role; its value is shown this once')
    .argument('<name>')
  withResult(withScope(withServer(command), 'system'))
    .requiredOption('--role <name>', 'the role whose rights it has')
    .option('--expires-in <duration>', 'how long it is good, as in 720h; until deleted if absent')
    .action(async (name: string, options: CreateTokenOptions) => {
      const expiresInSeconds = secondsIn(options.expiresIn)
      const path = `${await scopePath(io, options)}/roles/${encodeURIComponent(options.role)}/api-tokens`
      const client = await connect(io, options)
      const answer = await client.send('POST', path, {
        name,
        ...(expiresInSeconds !== undefined && { expiresInSeconds }),
      })
      if (options.output !== undefined) {
        printResult(io, answer, 'created', options)
        return
      }
      io.err(`token ${name} of role ${options.role} created; it will not be shown again:`)
      io.out(tokenIn(answer))
    })
}

function secondsIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms !== undefined && ms >= 1000) return Math.floor(ms / 1000)
  throw new GantryError(
    'BadRequest',
    `--expires-in takes a duration as in 720h or 90m, not ${JSON.stringify(text)}`,
    { field: 'expires-in' },
  )
}

function tokenIn(answer: unknown): string {
  const data = isJsonObject(answer) ? answer['data'] : undefined
  const token = isJsonObject(data) ? jsonText(data['token']) : ''
  if (token !== '') return Buffer.from(token, 'base64').toString('utf8')
  throw new GantryError('Internal', 'the server sent no token')
}
