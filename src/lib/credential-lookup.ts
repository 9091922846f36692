import type { Secret } from '../core/kinds/secret.ts'
import type { Logger } from '../core/log.ts'
import { findCredential, mayCarryCredentials } from '../core/policy/find-credential.ts'
import type {
  CredentialLookup,
  CredentialProvider,
  CredentialSecret,
  RepoType,
} from '../core/credential.ts'

export interface CredentialLookupOptions {
  /** The Secrets of a namespace whose `kargo.akuity.io/cred-type` label is the type. */
  listSecrets(namespace: string, type: RepoType): Promise<readonly Secret[]>
  readonly providers: readonly CredentialProvider[]
  /** The namespace whose credentials every Project may use; none when absent. */
  readonly sharedNamespace?: string | undefined
  /** Whether credentials may go over plain http to other machines. */
  readonly allowPlainHttp: boolean
  /** Hears every secret value that is handed out, so that it can be masked wherever it turns up. */
  onSecret(value: string): void
  readonly log: Logger
}

/**
 * Finds the credential for a URL as a Project sees it: the Project's own Secrets first, the shared ones second, in each
 * namespace the first by name that fits. Resolves with undefined where access is to be anonymous.
 */
export function createCredentialLookup(options: CredentialLookupOptions): CredentialLookup {
  const { listSecrets, providers, sharedNamespace, allowPlainHttp, onSecret, log } = options
  return {
    async find({ project, type, url, signal }) {
      if (!mayCarryCredentials(url, allowPlainHttp)) return undefined
      const namespaces = [project, ...(sharedNamespace === undefined ? [] : [sharedNamespace])]
      for (const namespace of new Set(namespaces)) {
        const entries = (await listSecrets(namespace, type)).map((secret) => toEntry(secret, type))
        const secret = findCredential(entries, type, url, (entry) =>
          log.warn('credential passed over: its repoURL is no regular expression', {
            namespace,
            secret: entry.name,
          }),
        )
        if (secret === undefined) continue
        const provider = providers.find((candidate) => candidate.matches(secret, url))
        if (provider === undefined) {
          log.warn('credential without anything usable for this address: access is anonymous', {
            namespace,
            secret: secret.name,
          })
          return undefined
        }
        const credential = await provider.resolve(secret, url, signal)
        for (const value of [credential.password, credential.sshPrivateKey])
          if (value !== undefined) onSecret(value)
        return credential
      }
      return undefined
    },
  }
}

function toEntry(secret: Secret, type: RepoType): CredentialSecret {
  const data: Record<string, string> = {}
  for (const [key, value] of Object.entries(secret.data ?? {}))
    data[key] = Buffer.from(value, 'base64').toString('utf8')
  return {
    namespace: secret.metadata.namespace ?? '',
    name: secret.metadata.name,
    type,
    repoURL: data['repoURL'] ?? '',
    repoURLIsRegex: data['repoURLIsRegex'] === 'true',
    data,
  }
}
