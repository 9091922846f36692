import type { Clock } from '../../core/clock.ts'
import type { HttpCapability } from '../../core/http.ts'
import type { CredentialLookup } from '../../core/credential.ts'
import type { RegistryCapability } from '../../core/registry.ts'
import { parseRepository } from './reference.ts'
import { createRepository } from './repository.ts'
import { createRequests } from './requests.ts'

export interface RegistriesOptions {
  readonly http: HttpCapability
  readonly credentials: CredentialLookup
  readonly clock: Clock
  /** Whether credentials may go over plain http to other machines; default false. */
  readonly allowPlainHttpCredentials?: boolean | undefined
}

/** The client for OCI registries. One for the whole process: its memory is what spares requests. */
export function createRegistries({
  http,
  credentials,
  clock,
  allowPlainHttpCredentials = false,
}: RegistriesOptions): RegistryCapability {
  const requests = createRequests(guard(http, allowPlainHttpCredentials), clock)
  return {
    async open({ project, repoURL, insecureSkipTLSVerify, signal }) {
      const address = parseRepository(repoURL)
      const found = await credentials.find({ project, type: 'image', url: repoURL, signal })
      const credential = found?.password === undefined ? undefined : found
      return createRepository(requests, { address, credential, insecureSkipTLSVerify, signal })
    },
  }
}

/** Where the operator allows it, a credential is nothing special to the guarded fetch. */
function guard(http: HttpCapability, allowPlainHttpCredentials: boolean): HttpCapability {
  if (!allowPlainHttpCredentials) return http
  return { fetch: (url, init) => http.fetch(url, { ...init, carriesCredential: false }) }
}
