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
}

/** The client for OCI registries. One for the whole process: its memory is what spares requests. */
export function createRegistries({
  http,
  credentials,
  clock,
}: RegistriesOptions): RegistryCapability {
  const requests = createRequests(http, clock)
  return {
    async open({ project, repoURL, insecureSkipTLSVerify, signal }) {
      const address = parseRepository(repoURL)
      const found = await credentials.find({ project, type: 'image', url: repoURL, signal })
      const credential = found?.password === undefined ? undefined : found
      return createRepository(requests, { address, credential, insecureSkipTLSVerify, signal })
    },
  }
}
