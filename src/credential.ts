import type { CredentialProvider } from './core/credential.ts'

export type {
  Credential,
  CredentialLookup,
  CredentialProvider,
  CredentialSecret,
  RepoType,
} from './core/credential.ts'

/**
 * One file in `credentials/` is one kind of secret. When several match, the first by file name is used: let them exclude
 * each other.
 */
export function defineCredential(provider: CredentialProvider): CredentialProvider {
  return provider
}
