import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { configFolder } from '../lib/encryption-key.ts'
import { fromEnv } from '../lib/from-env.ts'

/**
 * The commands' own file (mode 0600) in the user's config folder: which servers there are, and the admin token of each.
 * `gantry up` writes it, every other command reads it.
 */
export interface Settings {
  /** The server that commands talk to when nothing else is said. */
  readonly current: string | undefined
  readonly tokens: Readonly<Record<string, string>>
}

export function settingsPath(env: NodeJS.ProcessEnv): string {
  return join(configFolder(env), 'servers.json')
}

export async function readSettings(env: NodeJS.ProcessEnv): Promise<Settings> {
  const path = settingsPath(env)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return { current: undefined, tokens: {} }
  try {
    const value: unknown = JSON.parse(text)
    if (!isJsonObject(value)) throw new Error('not an object')
    const tokens = isJsonObject(value['tokens']) ? value['tokens'] : {}
    return {
      current: typeof value['current'] === 'string' ? value['current'] : undefined,
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

/** Remembers a server and its token, and makes it the current one. */
export async function rememberServer(
  env: NodeJS.ProcessEnv,
  url: string,
  token: string,
): Promise<void> {
  const path = settingsPath(env)
  const { tokens } = await readSettings(env)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}`
  await writeFile(
    draft,
    `${JSON.stringify({ current: url, tokens: { ...tokens, [url]: token } }, null, 2)}\n`,
    { mode: 0o600 },
  )
  await chmod(draft, 0o600)
  await rename(draft, path)
}

/** Where a command talks to: what it was told, the environment, or the server that was started last. */
export async function resolveServer(
  env: NodeJS.ProcessEnv,
  options: { server?: string | undefined },
): Promise<{ url: string; token: string | undefined }> {
  const settings = await readSettings(env)
  const url = (options.server ?? fromEnv(env, 'GANTRY_SERVER') ?? settings.current)?.replace(
    /\/+$/,
    '',
  )
  if (url === undefined) {
    throw new GantryError(
      'BadRequest',
      'no server known: start one with `gantry up`, or name one with --server URL',
    )
  }
  return { url, token: fromEnv(env, 'GANTRY_TOKEN') ?? settings.tokens[url] }
}

/** `http://127.0.0.1:8080`: how a server that listens there is called. */
export function serverUrl(host: string, port: number): string {
  const named = host.includes(':') ? `[${host}]` : host
  return `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : named}:${port}`
}
