import type { Command } from 'commander'
import { GantryError } from '../core/errors.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { kindByName } from '../core/kinds/index.ts'
import { fromEnv } from '../lib/from-env.ts'
import { type Client, createClient } from './client.ts'
import { resolveServer } from './settings.ts'

/** What a command may touch of the outside: handed in by `main.ts`, so that commands can be tested in one process. */
export interface CliIo {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  out(text: string): void
  err(text: string): void
  stdin(): Promise<string>
  now(): number
}

/** Ends a command that has already said why. */
export class Exit extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exit code ${code}`)
    this.code = code
  }
}

/** One command: adds itself to the program. */
export type AddCommand = (program: Command, io: CliIo) => void

/** `-p, --project` and `--server`, as every command that talks to a server has them. */
export function withServer(command: Command): Command {
  return command
    .option(
      '--server <url>',
      'the server to talk to (GANTRY_SERVER; default: the one that `gantry up` started last)',
    )
    .option('-p, --project <name>', 'the project (GANTRY_PROJECT)')
}

export interface ServerOptions {
  readonly server?: string
  readonly project?: string
}

export async function connect(io: CliIo, options: ServerOptions): Promise<Client> {
  const { url, token } = await resolveServer(io.env, options)
  return createClient(url, token)
}

/** The project that was named, by option or environment. */
export function requireProject(io: CliIo, options: ServerOptions): string {
  const project = options.project ?? fromEnv(io.env, 'GANTRY_PROJECT')
  if (project !== undefined && project !== '') return project
  throw new GantryError('BadRequest', 'say which project: --project NAME, or GANTRY_PROJECT', {
    field: 'project',
  })
}

export function requireKind(word: string): Kind {
  const kind = kindByName(word)
  if (kind !== undefined) return kind
  throw new GantryError(
    'BadRequest',
    `there is no kind ${JSON.stringify(word)}; \`gantry get --help\` lists them`,
  )
}

/** Path of an API collection inside a project. */
export function projectPath(project: string, ...parts: readonly string[]): string {
  return ['/v1beta1/projects', project, ...parts]
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join('/')
}
