import { readdirSync, readFileSync } from 'node:fs'

/** What a process and everything below it used so far; Linux only. */
export interface TreeUsage {
  readonly cpuMs: number
  readonly rssMiB: number
  readonly processes: number
}

/** Clock ticks a second in `/proc/<pid>/stat`: 100 on every Linux that Node runs on. */
const msPerTick = 10

export function treeUsage(pid: number): TreeUsage {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    const each = Number(entry)
    const fields = Number.isInteger(each) ? statOf(each) : undefined
    if (fields !== undefined) parents.set(each, Number(fields[1]))
  }
  const tree = [...parents.keys()].filter((each) => isBelow(each, pid, parents))
  let ticks = 0
  let kiB = 0
  for (const each of tree) {
    // Fields 14 to 17 of proc(5), counted behind the name: own time, and that of children that have ended.
    ticks += (statOf(each) ?? []).slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    kiB += residentKiB(each)
  }
  return { cpuMs: ticks * msPerTick, rssMiB: Math.round(kiB / 1024), processes: tree.length }
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at !== 0; at = parents.get(at))
    if (at === root) return true
  return false
}

/** The fields behind the name, which may hold blanks. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

function residentKiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
