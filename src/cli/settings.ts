import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asGantryError, GantryError } from '../core/errors.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import { configFolder } from '../lib/encryption-key.ts'
import { hasErrno } from '../lib/errno.ts'
import { fromEnv } from '../lib/from-env.ts'
import { makeFolder } from '../lib/make-folder.ts'

/**
 * The commands' own file (mode 0600) in the user's config folder: which servers there are, and the token of each.
 * `gantry up`, `login`, `logout` and `config` write it, every other command reads it.
 */
export interface Settings {
  /** The server that commands talk to when nothing else is said. */
  readonly current: string | undefined
  /** The project that commands are about when nothing else is said. */
  readonly project: string | undefined
  readonly tokens: Readonly<Record<string, string>>
  /** Servers whose certificates are not checked. */
  readonly insecure: readonly string[]
}

const noSettings: Settings = { current: undefined, project: undefined, tokens: {}, insecure: [] }

function settingsPath(env: NodeJS.ProcessEnv): string {
  return join(configFolder(env), 'servers.json')
}

/**
 * What was remembered. Settings that cannot be read count as none: a command that its environment tells everything needs
 * none, and may run in the home of somebody else.
 */
export async function readSettings(env: NodeJS.ProcessEnv): Promise<Settings> {
  const text = await readFile(settingsPath(env), 'utf8').catch(() => undefined)
  return text === undefined ? noSettings : parseSettings(text, settingsPath(env))
}

function parseSettings(text: string, path: string): Settings {
  try {
    const value: unknown = JSON.parse(text)
    if (!isJsonObject(value)) throw new Error('not an object')
    const tokens = isJsonObject(value['tokens']) ? value['tokens'] : {}
    return {
      current: typeof value['current'] === 'string' ? value['current'] : undefined,
      project: typeof value['project'] === 'string' ? value['project'] : undefined,
      insecure: Array.isArray(value['insecure']) ? value['insecure'].map(jsonText) : [],
      tokens: Object.fromEntries(
        Object.entries(tokens).flatMap(([url, token]) =>
          typeof token === 'string' ? [[url, token]] : [],
        ),
      ),
    }
  } catch (thrown) {
    throw new GantryError(
      'Invalid',
      `cannot read ${path}: it is not valid JSON; delete it and run \`gantry up\` again`,
      {
        cause: thrown,
      },
    )
  }
}

/** Changes the file as a whole: a reader sees what was before or what is after. */
export async function changeSettings(
  env: NodeJS.ProcessEnv,
  change: (settings: Settings) => Settings,
): Promise<void> {
  const path = settingsPath(env)
  // What cannot be read must not be written over: the tokens of other servers may be in it.
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (hasErrno(cause, 'ENOENT')) return undefined
    const why = asGantryError(cause).message
    throw new GantryError('Unavailable', `cannot change ${path} (${why}): make it readable`, {
      cause,
    })
  })
  const settings = change(text === undefined ? noSettings : parseSettings(text, path))
  makeFolder(dirname(path))
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 })
  await chmod(draft, 0o600)
  await rename(draft, path)
}

/** Remembers a server and its token, and makes it the current one. */
export async function rememberServer(
  env: NodeJS.ProcessEnv,
  url: string,
  token: string,
  isInsecure = false,
): Promise<void> {
  await changeSettings(env, (settings) => ({
    ...settings,
    current: url,
    tokens: { ...settings.tokens, [url]: token },
    insecure: [...settings.insecure.filter((each) => each !== url), ...(isInsecure ? [url] : [])],
  }))
}

export interface Server {
  readonly url: string
  readonly token: string | undefined
  readonly insecureSkipTlsVerify: boolean
}

/** Where a command talks to: what it was told, the environment, or the server that was started or logged in to last. */
export async function resolveServer(
  env: NodeJS.ProcessEnv,
  options: { server?: string | undefined; insecureSkipTlsVerify?: boolean | undefined },
): Promise<Server> {
  const settings = await readSettings(env)
  const kargo = kargoServer(env)
  const named = options.server ?? fromEnv(env, 'GANTRY_SERVER') ?? kargo?.url ?? settings.current
  const url = named?.replace(/\/+$/, '')
  if (url === undefined) {
    throw new GantryError(
      'BadRequest',
      'no server known: start one with `gantry up`, sign in to one with `gantry login URL`, or name one with --server URL',
    )
  }
  if (!['http:', 'https:'].includes(URL.parse(url)?.protocol ?? '')) {
    const problem = `${JSON.stringify(url)} is no address of a server: write it as http://HOST:PORT or https://HOST`
    throw new GantryError('BadRequest', problem, { field: 'server' })
  }
  const isKargo = named === kargo?.url
  return {
    url,
    token:
      fromEnv(env, 'GANTRY_TOKEN') ?? (isKargo ? kargo?.token : undefined) ?? settings.tokens[url],
    insecureSkipTlsVerify:
      options.insecureSkipTlsVerify === true ||
      isTrue(env['GANTRY_INSECURE_SKIP_TLS_VERIFY']) ||
      (isKargo && isTrue(env['KARGO_INSECURE_SKIP_TLS_VERIFY'])) ||
      settings.insecure.includes(url),
  }
}

/** What scripts set for Kargo's own command; both of the two, or it does not count. */
function kargoServer(env: NodeJS.ProcessEnv): { url: string; token: string } | undefined {
  const { KARGO_API_ADDRESS: url, KARGO_API_TOKEN: token } = env
  return url && token ? { url, token } : undefined
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1'
}

/** `http://127.0.0.1:8080`: how a server that listens there is called. */
export function serverUrl(host: string, port: number): string {
  const named = host.includes(':') ? `[${host}]` : host
  return `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : named}:${port}`
}
