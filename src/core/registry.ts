import type { JsonObject } from './json.ts'
import type { RequestMeter } from './meter.ts'

/** OCI registries, with what is worth remembering between requests: tokens, ETags, who asked to be left alone. */
export interface RegistryCapability {
  /** A repository as the Project may see it: its credential is looked up now and used for every call. */
  open(request: RegistryRequest): Promise<RegistryRepository>
}

export interface RegistryRequest {
  readonly project: string
  /** An image's address without a tag, as in `ghcr.io/example/app`; without a host it is Docker Hub. */
  readonly repoURL: string
  /** The type of Secret that opens it: `helm` for charts; default `image`. */
  readonly credentialType?: 'image' | 'helm' | undefined
  readonly insecureSkipTLSVerify: boolean
  readonly signal: AbortSignal
  readonly meter?: RequestMeter | undefined
  /** On the clock's monotonic scale: answers asked for later than this will do; absent: every call asks. */
  readonly since?: number | undefined
}

/**
 * One repository. Errors: NotFound (no such repository), Unauthorized, Forbidden, RateLimited (with `retryAfterMs`),
 * Unreachable, Timeout, TooLarge, and Invalid for answers that are not what the protocol says.
 */
export interface RegistryRepository {
  /** As in `ghcr.io/example/app`. */
  readonly address: string
  /** Tells apart what one credential may see from what another may; not a secret. */
  readonly accessKey: string
  /** All tags, of every page. */
  tags(): Promise<readonly string[]>
  /** What a tag names now; undefined when it names nothing. Asks without downloading. */
  resolve(tag: string): Promise<ManifestReference | undefined>
  /** A manifest by digest or tag, its digest verified; undefined when there is none. */
  manifest(reference: string): Promise<RegistryManifest | undefined>
  /** A blob, its digest verified; TooLarge beyond `maxBytes`. */
  blob(digest: string, maxBytes: number): Promise<Uint8Array>
}

export interface ManifestReference {
  readonly digest: string
  readonly mediaType: string
}

export interface RegistryManifest extends ManifestReference {
  readonly document: JsonObject
}

/** Facts about immutable things (an image config by digest), on disk, bounded, safe to delete. */
export interface DigestCache {
  get(key: string): Promise<JsonObject | undefined>
  put(key: string, value: JsonObject): Promise<void>
}
