import { isJsonObject, jsonText } from '../core/json.ts'
import { kindOf, rankOf } from '../core/kinds/index.ts'
import { NamespaceKind } from '../core/kinds/namespace.ts'
import { ProjectKind } from '../core/kinds/project.ts'

/** What of a manifest decides where it is sent. */
export interface Placed<T> {
  readonly manifest: T
  /** The Project that it belongs to, or is; empty for what belongs to none. */
  readonly project: string
  readonly isProject: boolean
  readonly bytes: number
}

export interface BatchLimits {
  readonly maxBytes: number
  readonly maxManifests: number
}

/**
 * Manifests in as few requests as the limits allow, one after another. What fits into one stays as it is: the server
 * puts it in order. Otherwise what belongs to no Project is made first, then each Project with what is in it, and
 * deleted the other way round. One that is too large by itself is a batch of its own: the server says so.
 */
export function batchesOf<T extends { readonly value: unknown }>(
  manifests: readonly T[],
  order: 'create' | 'delete',
  { maxBytes, maxManifests }: BatchLimits,
): Placed<T>[][] {
  const all = manifests.map(placed)
  const batches: Placed<T>[][] = []
  let bytes = Number.POSITIVE_INFINITY
  const isSmall = all.length <= maxManifests && sum(all) <= maxBytes
  for (const entry of isSmall ? all : inOrder(all, order)) {
    const isFull = bytes + entry.bytes > maxBytes || batches.at(-1)?.length === maxManifests
    if (isFull) batches.push([])
    bytes = isFull ? entry.bytes : bytes + entry.bytes
    batches.at(-1)?.push(entry)
  }
  return batches
}

interface Ranked<T> extends Placed<T> {
  /** Where its kind stands among those that others refer to; -1 when it is not known. */
  readonly rank: number
}

function placed<T extends { readonly value: unknown }>(manifest: T): Ranked<T> {
  const { value } = manifest
  const fields = isJsonObject(value) ? value : {}
  const metadata = isJsonObject(fields['metadata']) ? fields['metadata'] : {}
  const kind = kindOf(jsonText(fields['apiVersion']), jsonText(fields['kind']))
  const isProject = kind === ProjectKind
  const isWhole = isProject || kind === NamespaceKind
  return {
    manifest,
    project: jsonText(metadata[isWhole ? 'name' : 'namespace']),
    isProject,
    bytes: Buffer.byteLength(JSON.stringify(value) ?? '') + 1,
    rank: rankOf(kind),
  }
}

function inOrder<T>(all: readonly Ranked<T>[], order: 'create' | 'delete'): Placed<T>[] {
  const projects = Map.groupBy(all, ({ project }) => project)
  const shared = projects.get('') ?? []
  projects.delete('')
  const groups = [...projects.values()]
  const isFirst = (entry: Ranked<T>): number => Number(entry.isProject)
  if (order === 'delete')
    return [...groups, shared].flatMap((group) => group.toSorted((a, b) => isFirst(a) - isFirst(b)))
  return [shared, ...groups].flatMap((group) =>
    group.toSorted((a, b) => isFirst(b) - isFirst(a) || a.rank - b.rank),
  )
}

function sum(all: readonly { readonly bytes: number }[]): number {
  return all.reduce((total, { bytes }) => total + bytes, 0)
}
