import type { Freight } from '../api/types.ts'
import { shorten } from './version.ts'

/** What changes, artifact by artifact: the version now and then. */
export function ArtifactChanges({ from, to }: { from: Freight | undefined; to: Freight }) {
  const before = new Map(
    from === undefined ? [] : artifactsOf(from).map(({ name, version }) => [name, version]),
  )
  return (
    <table className="w-full text-left">
      <thead>
        <tr className="text-quiet">
          <th className="pr-3 font-normal">Artifact</th>
          <th className="pr-3 font-normal">Now</th>
          <th className="font-normal">Then</th>
        </tr>
      </thead>
      <tbody>
        {artifactsOf(to).map(({ name, version }) => (
          <tr key={name}>
            <td className="pr-3 break-all">{name}</td>
            <td className="pr-3 font-mono text-quiet">{before.get(name) ?? 'nothing'}</td>
            <td className="font-mono">{version}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function artifactsOf(freight: Freight): { name: string; version: string }[] {
  return [
    ...(freight.images ?? []).map(({ repoURL, tag, digest }) => ({
      name: repoURL ?? '',
      version: tag ?? shorten(digest),
    })),
    ...(freight.charts ?? []).map(({ repoURL, name, version }) => ({
      name: [repoURL, name].filter(Boolean).join('/'),
      version: version ?? '',
    })),
    ...(freight.commits ?? []).map(({ repoURL, tag, id }) => ({
      name: repoURL ?? '',
      version: tag !== undefined && tag !== '' ? tag : shorten(id),
    })),
    ...(freight.artifacts ?? []).map(({ subscriptionName, version }) => ({
      name: subscriptionName,
      version,
    })),
  ]
}
