import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** `gantry up` in a process of its own, and the commands as a person would type them. */
export interface Gantry {
  readonly url: string
  /** Opens the page signed in; works once. */
  readonly link: string
  /** Runs a command and resolves with what it printed; rejects with what it said when it fails. */
  run(args: readonly string[], input?: string): Promise<string>
  /** The output of `get ... -o json`, parsed. */
  get<T>(args: readonly string[]): Promise<T>
  /** The data folder. */
  readonly data: string
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<unknown>
  /** kill -9. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const main = join(import.meta.dirname, '../../src/main.ts')
const startLimitMs = 30_000

/** Starts it on a folder of its own, by default on a free port. */
export async function startGantry(folder: string, port = '0'): Promise<Gantry> {
  const env = {
    ...process.env,
    XDG_CONFIG_HOME: join(folder, 'config'),
    GANTRY_PROJECT: 'quickstart',
  }
  const data = join(folder, 'data')
  const child = spawn(process.execPath, [main, 'up', '--data', data, '--port', port], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches this script, which then ends Gantry in order.
    detached: true,
  })
  const { url, link } = await waitUntilUp(child)

  const run = async (args: readonly string[], input = ''): Promise<string> => {
    const command = spawn(process.execPath, [main, ...args, '--server', url], {
      env,
      stdio: 'pipe',
    })
    command.stdin.end(input)
    const [out, err, code] = await Promise.all([
      text(command.stdout),
      text(command.stderr),
      exitCode(command),
    ])
    if (code !== 0)
      throw new Error(`gantry ${args.join(' ')} ended with ${code}: ${err.trim() || out.trim()}`)
    return out.trim()
  }

  return {
    url,
    link,
    data,
    ended: exitCode(child),
    run,
    get: async <T>(args: readonly string[]) => {
      // The caller names the kind it asks for, and its shape with it.
      return JSON.parse(await run(['get', ...args, '-o', 'json'])) as T
    },
    async kill() {
      child.kill('SIGKILL')
      await exitCode(child)
    },
    async stop() {
      child.kill('SIGTERM')
      await exitCode(child)
    },
  }
}

function waitUntilUp(child: ChildProcess): Promise<{ url: string; link: string }> {
  return new Promise((resolve, reject) => {
    let said = ''
    const limit = setTimeout(
      () => reject(new Error(`gantry up did not start: ${said}`)),
      startLimitMs,
    )
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const url = /listens on (\S+)/.exec(said)?.[1]
      const link = /signed in \(once\): (\S+)/.exec(said)?.[1]
      if (url === undefined || link === undefined) return
      clearTimeout(limit)
      resolve({ url, link })
    })
    child.once('exit', (code) => {
      clearTimeout(limit)
      reject(new Error(`gantry up ended with ${code}: ${said.trim()}`))
    })
  })
}

function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('exit', resolve)
  })
}
