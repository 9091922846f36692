import { type Command, Option } from 'commander'
import { GantryError } from '../core/errors.ts'
import { type AddCommand, connect, withServer } from './context.ts'
import { secretOf } from './given-values.ts'
import { nouns } from './nouns.ts'
import { type ResultOptions, printResult, withResult } from './result.ts'
import { type ScopeOptions, scopePath, withScope } from './scope.ts'

const types = ['git', 'helm', 'image'] as const
type RepoType = (typeof types)[number]

interface RepoOptions extends ScopeOptions, ResultOptions {
  readonly git?: boolean
  readonly helm?: boolean
  readonly image?: boolean
  readonly type?: RepoType
  readonly repoUrl?: string
  readonly regex?: boolean
  readonly username?: string
  readonly password?: string
  readonly passwordFile?: string
  readonly interactivePassword?: boolean
  readonly description?: string
}

const question = 'Repository password'

/** `gantry create repo-credentials NAME --git --repo-url URL --username USER` */
export const addCreateRepoCredentials: AddCommand = (group, io) => {
  repoCommand(group, 'create').action(async (name: string, options: RepoOptions) => {
    const type = typeIn(options)
    if (type === undefined) throw missing('what it is for: --git, --helm, --image or --type TYPE')
    if (!options.repoUrl) throw missing('the repository: --repo-url URL')
    if (!options.username) throw missing('the user: --username NAME')
    const path = `${await scopePath(io, options)}/${nouns.repo.path}`
    const client = await connect(io, options)
    const source = { given: options.password, file: options.passwordFile, question }
    const password = await secretOf(io, source)
    const body = { name, type, password, ...plainIn(options) }
    printResult(io, await client.send('POST', path, body), 'created', options)
  })
}

/** `gantry update repo-credentials NAME`: changes what is given. */
export const addUpdateRepoCredentials: AddCommand = (group, io) => {
  repoCommand(group, 'update')
    .addOption(
      new Option('--interactive-password', 'ask for a new password').conflicts([
        'password',
        'passwordFile',
      ]),
    )
    .action(async (name: string, options: RepoOptions) => {
      if (options.regex && !options.repoUrl)
        throw new GantryError('BadRequest', '--regex is about --repo-url: give both')
      const { password: given, passwordFile: file, interactivePassword: isAsked } = options
      const isNew = given !== undefined || file !== undefined || isAsked === true
      const password = isNew ? await secretOf(io, { given, file, question }) : undefined
      const type = typeIn(options)
      const body = { type, password, ...plainIn(options) }
      if (Object.values(body).every((value) => value === undefined))
        throw missing('what changes: a type, --repo-url, --username, a password or --description')
      const path = `${await scopePath(io, options)}/${nouns.repo.path}/${encodeURIComponent(name)}`
      const client = await connect(io, options)
      printResult(io, await client.send('PATCH', path, body), 'updated', options)
    })
}

function repoCommand(group: Command, verb: 'create' | 'update'): Command {
  const [word, ...aliases] = nouns.repo.words
  const command = group
    .command(word)
    .aliases(aliases)
    .description(`${verb} credentials of a repository: a user with a password or token`)
    .argument('<name>')
  withResult(withScope(withServer(command), 'shared'))
  const names = ['type', ...types]
  for (const type of types) {
    const others = names.filter((name) => name !== type)
    command.addOption(new Option(`--${type}`, `the same as --type ${type}`).conflicts(others))
  }
  return command
    .addOption(new Option('--type <type>', 'what the repository is').choices(types))
    .option('--repo-url <url>', 'its address, as subscriptions and steps write it')
    .option('--regex', 'the address is a pattern that addresses must match')
    .option('--username <name>', 'the user')
    .addOption(
      new Option(
        '--password <text>',
        'the password; others may see it in the process list',
      ).conflicts('passwordFile'),
    )
    .option('--password-file <file>', 'the password from a file; - is standard input')
    .option('--description <text>', 'what it is for')
}

function typeIn({ git, helm, image, type }: RepoOptions): RepoType | undefined {
  if (git) return 'git'
  if (helm) return 'helm'
  return image ? 'image' : type
}

/** What is no secret, as the API calls it. */
function plainIn({ repoUrl, regex, username, description }: RepoOptions): object {
  const repoUrlIsRegex = repoUrl === undefined ? undefined : regex === true
  return { repoUrl, repoUrlIsRegex, username, description }
}

function missing(what: string): GantryError {
  return new GantryError('BadRequest', `say ${what}`)
}
