import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import { startMarkOf } from './orphans.ts'

/**
 * Child processes: an argument vector and never a shell, a scrubbed environment, bounded output and time, a process
 * group of their own that ends whole, and a record on disk so that the orphans of a killed process can be found.
 */
export interface Exec {
  run(request: ExecRequest): Promise<ExecResult>
}

export interface ExecRequest {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string | undefined
  /** On top of the scrubbed base: PATH, a C locale, a home that does not exist. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly input?: string | Uint8Array | undefined
  /** Default 10 minutes. */
  readonly timeoutMs?: number | undefined
  /** Of standard output; more ends the child with TooLarge. Default 16 MiB. */
  readonly maxOutputBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ExecResult {
  /** 128 and more: ended by a signal. */
  readonly exitCode: number
  readonly stdout: string
  /** The last 64 KiB, redacted. */
  readonly stderr: string
}

export interface ExecOptions {
  readonly clock: Clock
  /** Where children are recorded while they run; see `endOrphans`. */
  readonly registry?: string | undefined
  /** Variables that every child gets, such as the operator's proxy settings. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly redact?: ((text: string) => string) | undefined
}

const defaultTimeoutMs = 10 * 60_000
const defaultMaxOutputBytes = 16 * 1024 * 1024
const keptStderrBytes = 64 * 1024
/** How long a child may take to end after SIGTERM, and its pipes to close after it ended. */
const graceMs = 2000

export function createExec(options: ExecOptions): Exec {
  const { clock, registry, redact = (text: string) => text } = options
  if (registry !== undefined) mkdirSync(registry, { recursive: true, mode: 0o700 })
  const base: Record<string, string> = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LC_ALL: 'C.UTF-8',
    HOME: '/nonexistent',
    ...options.environment,
  }

  return {
    run(request) {
      return new Promise((resolve, reject) => {
        if (request.signal?.aborted === true) {
          reject(canceled(request.command))
          return
        }
        const child = spawn(request.command, [...request.args], {
          cwd: request.cwd,
          env: { ...base, ...request.env },
          detached: true,
          stdio: ['pipe', 'pipe', 'pipe'],
        })
        const record = registry === undefined ? undefined : recordChild(registry, child)
        const stdout: Buffer[] = []
        let stdoutBytes = 0
        let stderr = Buffer.alloc(0)
        let failure: GantryError | undefined
        let cancelKill: (() => void) | undefined

        const end = (why: GantryError | undefined): void => {
          failure ??= why
          if (cancelKill !== undefined) return
          signalGroup(child.pid, 'SIGTERM')
          cancelKill = clock.after(graceMs, () => signalGroup(child.pid, 'SIGKILL'))
        }
        const timeoutMs = request.timeoutMs ?? defaultTimeoutMs
        const cancelTimeout = clock.after(timeoutMs, () =>
          end(new GantryError('Timeout', `${request.command} ran longer than ${timeoutMs} ms`)),
        )
        const onAbort = (): void => end(canceled(request.command))
        request.signal?.addEventListener('abort', onAbort, { once: true })

        child.stdin.on('error', () => undefined)
        child.stdin.end(request.input)
        child.stdout.on('data', (chunk: Buffer) => {
          const limit = request.maxOutputBytes ?? defaultMaxOutputBytes
          stdoutBytes += chunk.length
          if (stdoutBytes > limit) end(tooMuch(request.command, limit))
          else stdout.push(chunk)
        })
        child.stderr.on('data', (chunk: Buffer) => {
          stderr = Buffer.concat([stderr, chunk]).subarray(-2 * keptStderrBytes)
        })
        child.on('error', (cause) => {
          failure ??= new GantryError('Unavailable', whyNotStarted(request.command, cause), {
            cause,
          })
        })
        // A grandchild that keeps the pipes open must not keep us waiting.
        child.on('exit', () => {
          cancelKill ??= clock.after(graceMs, () => {
            signalGroup(child.pid, 'SIGKILL')
            child.stdout.destroy()
            child.stderr.destroy()
          })
        })
        child.on('close', (code, signal) => {
          cancelTimeout()
          cancelKill?.()
          request.signal?.removeEventListener('abort', onAbort)
          if (failure !== undefined) signalGroup(child.pid, 'SIGKILL')
          if (record !== undefined) rmSync(record, { force: true })
          if (failure !== undefined) reject(failure)
          else {
            resolve({
              exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
              stdout: Buffer.concat(stdout).toString('utf8'),
              // Cut after masking: of a secret that is cut in two neither half would be known.
              stderr: redact(stderr.toString('utf8')).slice(-keptStderrBytes),
            })
          }
        })
      })
    },
  }
}

/** Written in the same turn as the spawn, so that a kill can hardly fall between the two. */
function recordChild(registry: string, child: ChildProcess): string | undefined {
  if (child.pid === undefined) return undefined
  const file = join(registry, `${child.pid}.json`)
  const started = startMarkOf(child.pid)
  writeFileSync(file, JSON.stringify({ pid: child.pid, started }), { mode: 0o600 })
  return file
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

function canceled(command: string): GantryError {
  return new GantryError('Canceled', `${command} was stopped because its work was canceled`)
}

function tooMuch(command: string, limit: number): GantryError {
  return new GantryError('TooLarge', `${command} wrote more than ${limit} bytes`)
}

function whyNotStarted(command: string, cause: Error): string {
  const missing = 'code' in cause && cause.code === 'ENOENT'
  return missing
    ? `cannot run ${command}: it is not installed, or its folder does not exist`
    : `cannot run ${command}: ${cause.message}`
}
