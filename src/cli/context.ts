import type { Command } from 'commander'
import { GantryError } from '../core/errors.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { allKinds, kindByName } from '../core/kinds/index.ts'
import { didYouMean } from '../core/nearest.ts'
import { fromEnv } from '../lib/from-env.ts'
import { type Client, createClient } from './client.ts'
import { readSettings, resolveServer } from './settings.ts'

/** What a command may touch of the outside: handed in by `main.ts`, so that commands can be tested in one process. */
export interface CliIo {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  out(text: string): void
  err(text: string): void
  stdin(): Promise<string>
  /** Asks for what must not be seen; what comes on standard input when nobody sits there. Without its line end. */
  readSecret(question: string): Promise<string>
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
      'the server to talk to (GANTRY_SERVER; default: the one that was started or signed in to last)',
    )
    .option('--insecure-skip-tls-verify', "do not check the server's certificate")
    .option(
      '-p, --project <name>',
      'the project (GANTRY_PROJECT; default: that of `gantry config set-project`)',
    )
}

export interface ServerOptions {
  readonly server?: string
  readonly insecureSkipTlsVerify?: boolean
  readonly project?: string
}

export async function connect(io: CliIo, options: ServerOptions): Promise<Client> {
  return createClient(await resolveServer(io.env, options))
}

/** The project that was named, by option or environment, or that was set once and for all. */
export async function findProject(io: CliIo, options: ServerOptions): Promise<string | undefined> {
  const named =
    options.project ?? fromEnv(io.env, 'GANTRY_PROJECT') ?? (await readSettings(io.env)).project
  return named === '' ? undefined : named
}

export async function requireProject(io: CliIo, options: ServerOptions): Promise<string> {
  const project = await findProject(io, options)
  if (project !== undefined) return project
  throw new GantryError(
    'BadRequest',
    'say which project: --project NAME, GANTRY_PROJECT, or `gantry config set-project NAME`',
    { field: 'project' },
  )
}

const kindWords = allKinds.flatMap(({ kind, plural }) => [kind.toLowerCase(), plural])

export function requireKind(word: string): Kind {
  // As kubectl has it: `roles.rbac.authorization.k8s.io` is what a word of ours hides.
  const [plural = '', ...group] = word.split('.')
  const named = kindByName(plural)
  const kind = group.length === 0 || named?.group === group.join('.') ? named : undefined
  if (kind !== undefined) return kind
  throw new GantryError(
    'BadRequest',
    `there is no kind ${JSON.stringify(word)}${didYouMean(word, kindWords)}; \`gantry get --help\` lists them`,
  )
}

/** Path of an API collection inside a project. */
export function projectPath(project: string, ...parts: readonly string[]): string {
  return ['/v1beta1/projects', project, ...parts]
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join('/')
}
