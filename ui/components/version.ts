import type { Freight } from '../api/types.ts'

/** What people call a Freight: the versions in it, shortest first thing they recognise. */
export function versionOf(freight: Freight | undefined): string {
  if (freight === undefined) return ''
  const parts = [
    ...(freight.images ?? []).map(({ tag, digest }) => tag ?? shorten(digest)),
    ...(freight.charts ?? []).map(({ version }) => version),
    ...(freight.commits ?? []).map(({ tag, id }) =>
      tag !== undefined && tag !== '' ? tag : shorten(id),
    ),
    ...(freight.artifacts ?? []).map(({ version }) => version),
  ].filter((part): part is string => part !== undefined && part !== '')
  return parts.join(' + ') || shorten(freight.metadata.name)
}

/** The first seven characters of an id, as git does. */
export function shorten(id: string | undefined): string {
  return (id ?? '').replace(/^sha256:/, '').slice(0, 7)
}

/** Newest first. */
export function byAge(a: Freight, b: Freight): number {
  const time = (freight: Freight): string =>
    freight.discoveredAt ?? freight.metadata.creationTimestamp ?? ''
  return time(b).localeCompare(time(a)) || b.metadata.name.localeCompare(a.metadata.name)
}
