import { Option } from 'commander'
import { GantryError } from '../core/errors.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import { isLoopbackHost } from '../core/policy/find-credential.ts'
import { type Client, createClient } from './client.ts'
import { type AddCommand, type CliIo } from './context.ts'
import { secretOf } from './given-values.ts'
import { type Server, rememberServer, resolveServer } from './settings.ts'

interface LoginOptions {
  readonly admin?: boolean
  readonly token?: boolean
  readonly kubeconfig?: boolean
  readonly sso?: boolean
  readonly password?: string
  readonly passwordFile?: string
  readonly tokenFile?: string
  readonly insecureSkipTlsVerify?: boolean
}

const modes = ['admin', 'token', 'kubeconfig', 'sso'] as const

/** `gantry login [URL] --admin | --token`: the commands talk to this server from now on, as whoever that is. */
export const addLogin: AddCommand = (program, io) => {
  const command = program
    .command('login')
    .description('sign in to a server, which the commands then talk to')
    .argument('[url]', 'the server; the one that commands talk to if absent')
  const meanings = {
    admin: 'with the admin password; what is meant when the server is known and nothing is said',
    token: 'with an API token of a role',
    kubeconfig: 'with a cluster: not supported by this server',
    sso: 'with an identity provider: not supported by this server',
  }
  for (const mode of modes) {
    const others = modes.filter((other) => other !== mode)
    command.addOption(new Option(`--${mode}`, meanings[mode]).conflicts(others))
  }
  command
    .addOption(
      new Option(
        '--password <text>',
        'the admin password; others may see it in the process list',
      ).conflicts('passwordFile'),
    )
    .option('--password-file <file>', 'the admin password from a file; - is standard input')
    .option('--token-file <file>', 'the token from a file; - is standard input')
    .option('--insecure-skip-tls-verify', "never check this server's certificate")
    .action((url: string | undefined, options: LoginOptions) => run(io, url, options))
}

async function run(io: CliIo, named: string | undefined, options: LoginOptions): Promise<void> {
  for (const mode of ['kubeconfig', 'sso'] as const) {
    if (options[mode])
      throw new GantryError(
        'NotSupported',
        `--${mode} is not supported: use --admin, or --token with an API token of a role`,
      )
  }
  const server = await serverOf(io, named, options)
  const { protocol, hostname } = new URL(server.url)
  if (protocol === 'http:' && !isLoopbackHost(hostname))
    io.err(`warning: ${server.url} is not encrypted: whoever is in between sees what you send`)
  const token = options.token
    ? await checkedToken(io, server, options)
    : await tokenForPassword(io, server, options)
  await rememberServer(io.env, server.url, token, server.insecureSkipTlsVerify)
  io.out(`signed in to ${server.url}`)
  for (const name of ['GANTRY_SERVER', 'GANTRY_TOKEN'])
    if (io.env[name]) io.err(`warning: ${name} is set, and commands go by that`)
}

async function serverOf(
  io: CliIo,
  named: string | undefined,
  options: LoginOptions,
): Promise<Server> {
  if (named === undefined) return resolveServer(io.env, options)
  if (!options.admin && !options.token)
    throw new GantryError('BadRequest', 'say how to sign in: --admin or --token')
  const text = named.includes('://') ? named : `https://${named}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new GantryError('BadRequest', `${JSON.stringify(named)} is not the address of a server`)
  return {
    url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    token: undefined,
    insecureSkipTlsVerify: options.insecureSkipTlsVerify === true,
  }
}

async function tokenForPassword(
  io: CliIo,
  server: Server,
  { password, passwordFile }: LoginOptions,
): Promise<string> {
  const source = { given: password, file: passwordFile, question: 'Admin password' }
  const client = clientWith(server, await secretOf(io, source))
  const answer = await client.send('POST', '/v1beta1/login')
  const token = isJsonObject(answer) ? jsonText(answer['idToken']) : ''
  if (token === '') throw new GantryError('Internal', `${server.url} answered without a token`)
  return token
}

async function checkedToken(
  io: CliIo,
  server: Server,
  { tokenFile }: LoginOptions,
): Promise<string> {
  const text = await secretOf(io, { given: undefined, file: tokenFile, question: 'API token' })
  const token = text.trim()
  await clientWith(server, token).get('/v1beta1/system/server-config')
  return token
}

function clientWith(server: Server, token: string): Client {
  return createClient({ ...server, token })
}
