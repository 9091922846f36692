import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Ends the children that a killed process left behind, group by group, and forgets the records. A pid that meanwhile
 * belongs to another process is left alone: its start mark differs. Returns how many groups were ended.
 */
export async function endOrphans(registry: string): Promise<number> {
  const files = await readdir(registry).catch(() => [])
  let ended = 0
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    const path = join(registry, file)
    const record = await readRecord(path)
    if (record !== undefined && (await endGroup(record))) ended += 1
    await rm(path, { force: true })
  }
  return ended
}

interface ChildRecord {
  readonly pid: number
  readonly started: string
}

async function readRecord(path: string): Promise<ChildRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    if (!('pid' in value) || !('started' in value)) return undefined
    const { pid, started } = value
    if (typeof pid !== 'number' || pid <= 1 || typeof started !== 'string') return undefined
    return { pid, started }
  } catch {
    // Cut off while it was written: the child it spoke of had just begun, and its pipes are gone.
    return undefined
  }
}

async function endGroup({ pid, started }: ChildRecord): Promise<boolean> {
  const now = startMarkOf(pid)
  // A leader that ended may have left members in its group, and while they live its pid is nobody else's. That holds
  // within one boot only.
  const isLeft = now === '' && started.includes('/') && started.startsWith(`${bootId()}/`)
  if (!isLeft && (started === '' || now !== started)) return false
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    return false
  }
  // The kernel ends them by itself; where nobody reaps, their names stay, so this wait has an end.
  for (let tries = 0; tries < 20 && isGroupAlive(pid); tries += 1) await wait(10)
  return true
}

function isGroupAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

/**
 * A text that tells one process from another with the same pid: on Linux the boot and the start in clock ticks,
 * elsewhere what `ps` says. Empty when there is no such process.
 */
export function startMarkOf(pid: number): string {
  try {
    if (bootId() === '') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces; the start time is the 20th field behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${bootId()}/${fields[19] ?? ''}`
  } catch {
    return ''
  }
}

let knownBootId: string | undefined

/** Empty where there is no /proc. */
function bootId(): string {
  if (knownBootId !== undefined) return knownBootId
  try {
    knownBootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    knownBootId = ''
  }
  return knownBootId
}
