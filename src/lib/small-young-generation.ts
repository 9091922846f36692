const flag = '--max-semi-space-size'
/** MiB. V8's own limit lets what is short-lived grow to 128 MiB of memory before it looks once. */
const semiSpaceMiB = 8

/**
 * Starts this process again, in place (same number, same streams), with a young generation that stays small: a server
 * that mostly waits would keep memory that it never needs, and V8 takes that limit at a process's start only. Returns
 * when there is nothing to do: it is small already, somebody chose a size, or the system cannot replace a process.
 * To be called before anything is open.
 */
export function keepYoungGenerationSmall(process: NodeJS.Process): void {
  const given = [...process.execArgv, process.env['NODE_OPTIONS'] ?? '']
  if (
    process.execve === undefined ||
    given.some((option) => option.replaceAll('_', '-').includes(flag))
  )
    return
  const args = [`${flag}=${semiSpaceMiB}`, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, [process.argv0, ...args], process.env)
}
