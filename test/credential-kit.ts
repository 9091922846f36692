import type { RepoType } from '../src/core/credential.ts'
import type { HttpCapability } from '../src/core/http.ts'
import type { Secret } from '../src/core/kinds/secret.ts'
import { silentLogger } from '../src/core/log.ts'
import { createRedactor } from '../src/core/redact.ts'
import {
  type CredentialDirectory,
  type CredentialLookupOptions,
  createCredentialLookup,
} from '../src/lib/credential-lookup.ts'
import { createFakeClock } from './fake-clock.ts'

/** A Secret in a few words; its values are in clear. */
export interface Entry {
  readonly namespace?: string
  readonly name: string
  /** The `cred-type` label; default `git`. */
  readonly type?: RepoType | 'generic'
  readonly data: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export type LookupSetup = Partial<CredentialLookupOptions>

/** The real look-up over Secrets in memory; the shared namespace is `shared`, a Secret without one is of `demo`. */
export function makeLookup(
  secrets: readonly Entry[],
  setup: LookupSetup = {},
): CredentialDirectory {
  const nowhere: HttpCapability = {
    fetch: (url) => Promise.reject(new Error(`nothing is to be fetched, but ${url} was`)),
  }
  return createCredentialLookup({
    listSecrets: async (namespace, type) =>
      secrets
        .filter((entry) => (entry.namespace ?? 'demo') === namespace)
        .filter((entry) => (entry.type ?? 'git') === type)
        .map(toSecret),
    providers: [],
    sharedNamespace: 'shared',
    allowPlainHttp: false,
    http: nowhere,
    clock: createFakeClock(),
    env: {},
    readFile: (path) => Promise.reject(new Error(`nothing is to be read, but ${path} was`)),
    redactor: createRedactor(),
    log: silentLogger,
    ...setup,
  })
}

export function toSecret({
  namespace = 'demo',
  name,
  type = 'git',
  data,
  annotations,
}: Entry): Secret {
  const encoded = Object.entries(data).map(([key, value]): [string, string] => [
    key,
    Buffer.from(value).toString('base64'),
  ])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { 'kargo.akuity.io/cred-type': type },
      ...(annotations !== undefined && { annotations: { ...annotations } }),
    },
    data: Object.fromEntries(encoded),
  }
}
