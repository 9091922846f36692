import { accessSync, constants } from 'node:fs'

const flag = '--max-semi-space-size'
/** MiB. V8's own limit lets what is short-lived grow to 128 MiB of memory before it looks once. */
const semiSpaceMiB = 8

type ReplaceableProcess = Pick<
  NodeJS.Process,
  'argv' | 'argv0' | 'env' | 'execArgv' | 'execPath' | 'execve'
>

/**
 * Starts this process again, in place (same number, same streams), with a young generation that stays small: a server
 * that mostly waits would keep memory that it never needs, and V8 takes that limit at a process's start only. Returns
 * when there is nothing to do: it is small already, somebody chose a size, or the process cannot be replaced. To be
 * called before anything is open.
 */
export function keepYoungGenerationSmall(process: ReplaceableProcess): void {
  const given = [...process.execArgv, process.env['NODE_OPTIONS'] ?? '']
  if (
    process.execve === undefined ||
    given.some((option) => option.replaceAll('_', '-').includes(flag))
  )
    return
  if (!isExecutable(process.execPath)) return
  const args = [`${flag}=${semiSpaceMiB}`, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, [process.argv0, ...args], process.env)
}

/** A program that was removed or replaced while it runs is not: trying it would end the process. */
function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
