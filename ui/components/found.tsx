import type { Warehouse } from '../api/types.ts'

type Artifacts = NonNullable<NonNullable<Warehouse['status']>['discoveredArtifacts']>

const maxShown = 10

interface FoundList {
  readonly title: string
  /** Best first. */
  readonly versions: readonly { readonly name: string; readonly note?: string | undefined }[]
}

/** What each subscription offers, best first: what Freight may be made of. */
export function Found({ artifacts }: { artifacts: Artifacts | undefined }) {
  const lists = listsOf(artifacts)
  if (lists.length === 0) return <p className="text-quiet">Nothing yet.</p>
  return (
    <>
      {lists.map(({ title, versions }) => (
        <details key={title} open={lists.length === 1} className="py-1">
          <summary className="cursor-pointer break-all">
            {title} <span className="text-quiet">({versions.length})</span>
          </summary>
          <ol className="mt-1">
            {versions.slice(0, maxShown).map(({ name, note }) => (
              <li key={name} className="flex gap-2">
                <span className="font-mono">{name}</span>
                <span className="truncate text-quiet">{note}</span>
              </li>
            ))}
          </ol>
          {versions.length > maxShown && (
            <p className="text-quiet">and {versions.length - maxShown} more</p>
          )}
        </details>
      ))}
    </>
  )
}

function listsOf(artifacts: Artifacts | undefined): FoundList[] {
  const { git = [], images = [], charts = [], results = [] } = artifacts ?? {}
  return [
    ...git.map(({ repoURL, commits = [], subscriptionName }) => ({
      title: subscriptionName ?? repoURL,
      versions: commits.map(({ id = '', tag, subject }) => ({
        name: tag || id.slice(0, 7),
        note: subject,
      })),
    })),
    ...images.map(({ repoURL, references = [], subscriptionName }) => ({
      title: subscriptionName ?? repoURL,
      versions: references.map(({ tag, digest }) => ({ name: tag, note: digest.slice(0, 19) })),
    })),
    ...charts.map(({ repoURL, name, versions = [], subscriptionName }) => ({
      title: subscriptionName ?? [repoURL, name].filter(Boolean).join(' '),
      versions: versions.map((version) => ({ name: version })),
    })),
    ...results.map(({ name, artifactReferences = [] }) => ({
      title: name,
      versions: artifactReferences.map(({ version }) => ({ name: version })),
    })),
  ]
}
