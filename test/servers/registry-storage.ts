import { createHash, randomUUID } from 'node:crypto'

export interface StoredManifest {
  readonly digest: string
  readonly mediaType: string
  readonly body: Buffer
  /** Digest of the manifest that this one is about. */
  readonly subject?: string | undefined
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

export interface StoredRepo {
  readonly tags: Map<string, string>
  readonly manifests: Map<string, StoredManifest>
  readonly blobs: Map<string, Buffer>
  readonly uploads: Map<string, Buffer>
}

export function createRepo(): StoredRepo {
  return { tags: new Map(), manifests: new Map(), blobs: new Map(), uploads: new Map() }
}

export function digestOf(body: Buffer, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`
}

/** Whether the digest is well formed and the body's own. */
export function isDigestOf(digest: string, body: Buffer): boolean {
  const match = /^(sha256|sha512):[a-f0-9]+$/.exec(digest)
  return match !== null && digest === digestOf(body, match[1])
}

export function startUpload(repo: StoredRepo): string {
  const id = randomUUID()
  repo.uploads.set(id, Buffer.alloc(0))
  return id
}

interface ManifestDocument {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly annotations?: Record<string, string>
  readonly subject?: { readonly digest: string }
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
}

export type ManifestVerdict =
  | { readonly stored: StoredManifest }
  | { readonly error: 'MANIFEST_INVALID' | 'MANIFEST_BLOB_UNKNOWN'; readonly message: string }

/** Checks a manifest the way a registry does (everything that it names must be there) and stores it. */
export function storeManifest(
  repo: StoredRepo,
  reference: string,
  contentType: string,
  body: Buffer,
): ManifestVerdict {
  let document: ManifestDocument
  try {
    document = JSON.parse(body.toString()) as ManifestDocument
  } catch {
    return { error: 'MANIFEST_INVALID', message: 'not JSON' }
  }
  if (document.mediaType !== undefined && document.mediaType !== contentType) {
    return { error: 'MANIFEST_INVALID', message: 'mediaType differs from the content type' }
  }
  const blobs = [document.config, ...(document.layers ?? [])].filter((one) => one !== undefined)
  const unknown =
    blobs.find(({ digest }) => !repo.blobs.has(digest)) ??
    document.manifests?.find(({ digest }) => !repo.manifests.has(digest))
  if (unknown !== undefined) {
    return { error: 'MANIFEST_BLOB_UNKNOWN', message: `${unknown.digest} is not here` }
  }
  const isDigest = reference.includes(':')
  if (isDigest && !isDigestOf(reference, body)) {
    return { error: 'MANIFEST_INVALID', message: 'the digest is not the body’s' }
  }
  const stored: StoredManifest = {
    digest: isDigest ? reference : digestOf(body),
    mediaType: contentType,
    body,
    subject: document.subject?.digest,
    artifactType: document.artifactType ?? document.config?.mediaType,
    annotations: document.annotations,
  }
  repo.manifests.set(stored.digest, stored)
  if (!isDigest) repo.tags.set(reference, stored.digest)
  return { stored }
}

/** The referrers index of a digest. */
export function referrersOf(repo: StoredRepo, digest: string, artifactType: string | null): object {
  const manifests = [...repo.manifests.values()]
    .filter(({ subject }) => subject === digest)
    .filter((manifest) => artifactType === null || manifest.artifactType === artifactType)
    .map(({ mediaType, digest, body, artifactType, annotations }) => ({
      mediaType,
      digest,
      size: body.length,
      artifactType,
      annotations,
    }))
  return { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
}
