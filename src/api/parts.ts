import type { Actor } from '../core/actor.ts'
import type { Clock } from '../core/clock.ts'
import type { CredentialReport } from '../core/credential-report.ts'
import type { RepoType } from '../core/credential.ts'
import type { JsonObject } from '../core/json.ts'
import type { Warehouse } from '../core/kinds/warehouse.ts'
import type { Logger } from '../core/log.ts'
import type { AccessRequest } from '../core/policy/authorize.ts'
import type { DiscoveryView } from '../core/policy/discovery-view.ts'
import type { Redactor } from '../core/redact.ts'
import type { Journal } from '../journal.ts'
import type { Yaml } from '../lib/yaml-thread/yaml.ts'
import type { Store } from '../store.ts'

/** What the API is made of; `serve.ts` hands it over. */
export interface ApiParts {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
  readonly redactor: Redactor
  /** Reads bodies of many manifests without holding up everything else. */
  readonly yaml: Pick<Yaml, 'manifests'>
  /** May this actor do this? Superusers may do everything; others by the RBAC objects. */
  authorize(actor: Actor, request: AccessRequest): Promise<boolean>
  /** Steps, sources, metrics, ... with their JSON Schemas, for `catalog`. */
  catalog(): JsonObject
  /** What waits, why, since when and until when: volatile facts of the controllers. */
  inspect(query: {
    namespace?: string | undefined
    kind?: string | undefined
    name?: string | undefined
  }): JsonObject[]
  /** What is known of the looks at a Warehouse's subscriptions: volatile facts of its controller. */
  discovery(warehouse: Warehouse): DiscoveryView
  /** Tries addresses with the credentials that serve them. Throws RateLimited when too many do so. */
  checkCredentials(request: CredentialCheckRequest): Promise<CredentialReport>
  /** What kinds of plugins work with. */
  readonly repositoryType: {
    ofSource(kind: string): RepoType | undefined
    isGitStep(kind: string): boolean
  }
  /** Prometheus text. */
  metrics(): Promise<string>
  /** Whether the caches are filled and the controllers run. */
  ready(): boolean
  /** Why the store can no longer be used; the process is about to end. */
  failure(): Error | undefined
  /** A signed token for the admin password, asked for from this address. Throws Forbidden or RateLimited. */
  login(password: string, address: string): Promise<string>
  /** A link that signs a browser in, once. */
  linkUrl(): string
  readonly passwordEnabled: boolean
  /** Whether Secrets can be managed through the API; false where GitOps does it. */
  readonly secretManagementEnabled: boolean
  readonly version: VersionInfo
  readonly namespaces: {
    readonly system: string
    readonly shared: string
    readonly install: string
  }
}

export interface CredentialCheckRequest {
  readonly project: string
  readonly addresses: readonly {
    readonly type: RepoType
    readonly url: string
    readonly insecureSkipTLSVerify: boolean
    readonly usedBy: readonly string[]
  }[]
  readonly unknown: readonly string[]
  readonly signal: AbortSignal
}

export interface VersionInfo {
  readonly version: string
  readonly gitCommit: string
  readonly buildDate: string
  /** `linux/x64` */
  readonly platform: string
}
