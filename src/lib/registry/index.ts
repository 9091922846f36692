import type { Clock } from '../../core/clock.ts'
import type { HttpCapability } from '../../core/http.ts'
import type { Credential, CredentialLookup } from '../../core/credential.ts'
import type { RegistryCapability } from '../../core/registry.ts'
import { carefree } from '../carefree-http.ts'
import type { Pace } from '../pace.ts'
import { renewable } from '../renewable-credential.ts'
import { parseRepository } from './reference.ts'
import { createRepository } from './repository.ts'
import { createRequests } from './requests.ts'

export interface RegistriesOptions {
  readonly http: HttpCapability
  readonly credentials: CredentialLookup
  readonly clock: Clock
  /** Whether credentials may go over plain http to other machines; default false. */
  readonly allowPlainHttpCredentials?: boolean | undefined
  /** Shared with whoever else asks the same hosts; default: its own, for 20 requests a second. */
  readonly pace?: Pace | undefined
}

/** The client for OCI registries. One for the whole process: its memory is what spares requests. */
export function createRegistries({
  http,
  credentials,
  clock,
  allowPlainHttpCredentials = false,
  pace,
}: RegistriesOptions): RegistryCapability {
  const requests = createRequests({
    http: allowPlainHttpCredentials ? carefree(http) : http,
    clock,
    pace,
  })
  return {
    async open({ project, repoURL, credentialType = 'image', signal, ...request }) {
      const address = parseRepository(repoURL)
      const url = credentialType === 'helm' ? `oci://${repoURL}` : repoURL
      const find = async (refused?: Credential): Promise<Credential | undefined> => {
        const found = await credentials.find({
          project,
          type: credentialType,
          url,
          refused,
          signal,
        })
        return found?.password === undefined ? undefined : found
      }
      const credential = renewable(await find())
      const { insecureSkipTLSVerify, meter, since } = request
      return createRepository(requests, {
        address,
        get credential() {
          return credential.current
        },
        renew: (sent) => credential.renew(sent, find),
        insecureSkipTLSVerify,
        meter,
        since,
        signal,
      })
    },
  }
}
