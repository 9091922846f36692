/**
 * A real `gantry up` in a process of its own, and the commands as a person types them. Commands run in this process (the
 * same function that `main.ts` calls), so that a test file can afford many; `spawnCommand` runs one for real.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { runCommand } from '../../src/cli/program.ts'
import { pluginCatalog } from '../../src/catalog.ts'
import { GantryError } from '../../src/core/errors.ts'
import { version } from '../../src/version.ts'

export interface ProcessOptions {
  /** Holds the data folder and the user's config folder. */
  readonly folder: string
  readonly project?: string
  readonly port?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another program that starts it, with its arguments: `prlimit`, ... */
  readonly wrapper?: readonly string[]
  readonly data?: string
  /** The program; default: the sources as they are. */
  readonly main?: string
}

export interface CommandResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** All that it said on standard error. */
  readonly err: string
}

export interface GantryProcess {
  readonly url: string
  readonly port: string
  readonly pid: number
  readonly token: string
  readonly env: NodeJS.ProcessEnv
  /** Runs a command against it, whatever comes of it. */
  command(args: readonly string[], input?: string, signal?: AbortSignal): Promise<CommandResult>
  /** Runs a command that must succeed; resolves with what it printed. */
  run(args: readonly string[], input?: string): Promise<string>
  /** The output of `get ... -o json`, parsed. */
  get<T>(args: readonly string[]): Promise<T>
  signal(name: NodeJS.Signals): void
  /** kill -9, and wait. */
  kill(): Promise<void>
  /** Resolves when it has ended by itself or by a signal. */
  readonly ended: Promise<Ended>
  stop(): Promise<Ended>
}

const sources = join(import.meta.dirname, '../../src/main.ts')
const startLimitMs = 60_000

/** The environment of a person who has only this folder. */
export function personEnv(options: ProcessOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: options.folder,
    XDG_CONFIG_HOME: join(options.folder, 'config'),
    GANTRY_PROJECT: options.project ?? 'demo',
    GANTRY_ADMIN_TOKEN: 'an-admin-token-of-the-tests',
    GANTRY_TOKEN: 'an-admin-token-of-the-tests',
    // The same program is started over and over: what was compiled is kept.
    NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled'),
    ...options.env,
  }
}

/** Starts `gantry up`; resolves with its end when it does not come up. */
export async function startProcess(options: ProcessOptions): Promise<GantryProcess | Ended> {
  const env = personEnv(options)
  const up = upCommand(options)
  const [program = process.execPath, ...args] = [...(options.wrapper ?? []), ...up]
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const ended = watchEnd(child)
  const url = await Promise.race([waitUntilUp(child), ended])
  if (typeof url !== 'string') return url

  const command: GantryProcess['command'] = (given, input, signal) =>
    runInProcess({ ...env, GANTRY_SERVER: url }, given, input, signal)
  const run: GantryProcess['run'] = async (given, input) => {
    const { code, out, err } = await command(given, input)
    if (code !== 0) throw new Error(`gantry ${given.join(' ')} ended with ${code}: ${err || out}`)
    return out
  }
  return {
    url,
    port: new URL(url).port,
    pid: child.pid ?? 0,
    token: env['GANTRY_ADMIN_TOKEN'] ?? '',
    env,
    command,
    run,
    get: async <T>(given: readonly string[]) =>
      // The caller names the kind it asks for, and its shape with it.
      JSON.parse(await run(['get', ...given, '-o', 'json'])) as T,
    signal: (name) => child.kill(name),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    ended,
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** The same, for tests in which it must come up. */
export async function startGantryProcess(options: ProcessOptions): Promise<GantryProcess> {
  const started = await startProcess(options)
  if ('url' in started) return started
  throw new Error(`gantry up ended with ${started.code ?? started.signal}: ${started.err}`)
}

function upCommand(options: ProcessOptions): string[] {
  const { folder, port = '0', args = [], data, main = sources } = options
  const where = ['--data', data ?? join(folder, 'data'), '--port', port]
  return [process.execPath, main, 'up', ...where, ...args]
}

function waitUntilUp(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`gantry up did not start: ${said}`))
    }, startLimitMs)
    child.once('exit', () => clearTimeout(limit))
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const url = /listens on (\S+)\n/.exec(said)?.[1]
      if (url === undefined) return
      clearTimeout(limit)
      resolve(url)
    })
  })
}

function watchEnd(child: ChildProcess): Promise<Ended> {
  let err = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, err: err.trim() }))
  })
}

/** Runs one command in this process, as a person with this environment. */
export async function runInProcess(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  input = '',
  signal = new AbortController().signal,
): Promise<CommandResult> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommand(
    args,
    {
      env,
      signal,
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      stdin: () => Promise.resolve(input),
      readSecret: () => Promise.resolve(input.replace(/\r?\n$/, '')),
      now: () => Date.now(),
    },
    {
      serve: () => {
        throw new GantryError('Internal', 'start it with startProcess')
      },
      catalog: async () => pluginCatalog(),
      version,
    },
  )
  return { code, out: out.join('\n'), err: err.join('\n') }
}

/** Runs one command in a process of its own. */
export async function spawnCommand(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  input = '',
): Promise<CommandResult> {
  const child = spawn(process.execPath, [sources, ...args], { env, stdio: 'pipe' })
  child.stdin.end(input)
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1))),
  ])
  return { code, out: out.trim(), err: err.trim() }
}

/** Looks again and again until there is something; fails with `what` after a while. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const limit = performance.now() + limitMs
  let last: unknown
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
    } catch (thrown) {
      last = thrown
    }
    if (performance.now() > limit) {
      throw new Error(`${what}: not within ${limitMs / 1000} seconds`, { cause: last })
    }
    await wait(50)
  }
}
