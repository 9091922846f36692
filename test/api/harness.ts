import { tokenActor } from '../../src/api/api-tokens.ts'
import { type App, createApp } from '../../src/api/app.ts'
import { type Authenticator, createAuthenticator } from '../../src/api/auth.ts'
import type { ApiParts } from '../../src/api/parts.ts'
import type { Actor } from '../../src/core/actor.ts'
import { adminActor } from '../../src/core/actor.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import { ProjectKind } from '../../src/core/kinds/project.ts'
import { silentLogger } from '../../src/core/log.ts'
import { createRedactor } from '../../src/core/redact.ts'
import type { Journal } from '../../src/journal.ts'
import { createMemoryJournal } from '../../src/journals/memory.ts'
import { systemClock } from '../../src/lib/system-clock.ts'
import { createYaml } from '../../src/lib/yaml-thread/yaml.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/store.ts'
import { type FakeClock, createFakeClock } from '../fake-clock.ts'

export const adminToken = 'a-very-secret-admin-token'
export const adminPassword = 'correct horse battery staple'

export interface ApiHarness {
  readonly app: App
  readonly store: Store
  readonly auth: Authenticator
  readonly clock: FakeClock
  readonly journal: Journal
  /** A request as `curl` would send it, with the admin token unless headers say otherwise, `from` an address. */
  send(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: string; from?: string },
  ): Promise<Response>
}

/** The whole HTTP surface over a memory store with one Project, `demo`. */
export async function startApi(
  overrides: Omit<Partial<ApiParts>, 'clock'> & {
    readonly clock?: FakeClock
    readonly stopping?: AbortSignal
    readonly trustedProxies?: readonly string[]
    readonly page?: (path: string, encodings: string) => Promise<Response | undefined>
  } = {},
): Promise<ApiHarness> {
  const clock = overrides.clock ?? createFakeClock()
  const store = overrides.store ?? createMemoryStore({ kinds: storedKinds, clock })
  const project = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Project',
    metadata: { name: 'demo' },
  } as const
  await store.create(ProjectKind, project, { actor: adminActor })
  const journal = createMemoryJournal()
  const auth = createAuthenticator({
    clock,
    journal,
    adminToken,
    adminPassword,
    issuer: 'http://localhost',
    tokenActor: (token) => tokenActor(store, clock.now(), token),
  })
  const parts: ApiParts = {
    store,
    journal,
    clock,
    log: silentLogger,
    redactor: createRedactor(),
    yaml: createYaml({ clock: systemClock }),
    authorize: async (actor: Actor) => actor.superuser,
    catalog: () => ({ steps: [] }),
    inspect: () => [],
    discovery: ({ metadata }) => ({ warehouse: metadata.name, now: '', subscriptions: [] }),
    checkCredentials: async ({ project, unknown }) => ({
      project,
      addresses: [],
      secrets: [],
      unknown,
      ok: true,
    }),
    repositoryType: { ofSource: () => undefined, isGitStep: () => false },
    metrics: async () => '',
    ready: () => true,
    failure: () => undefined,
    login: (password, address) => auth.login(password, address),
    linkUrl: () => `http://localhost/session?code=${auth.issueLinkCode()}`,
    passwordEnabled: true,
    secretManagementEnabled: true,
    version: { version: '0', gitCommit: '', buildDate: '', platform: 'test' },
    namespaces: {
      system: 'kargo-system-resources',
      shared: 'kargo-shared-resources',
      install: 'kargo',
    },
    ...overrides,
  }
  const { stopping, page, trustedProxies } = overrides
  const hosts = new Set(['localhost'])
  const app = createApp({ parts, auth, hosts, stopping, page, trustedProxies })
  const send: ApiHarness['send'] = async (method, path, { headers = {}, body, from } = {}) =>
    app.request(
      path,
      {
        method,
        headers: { host: 'localhost', authorization: `Bearer ${adminToken}`, ...headers },
        ...(body !== undefined && { body }),
      },
      { address: from },
    )
  return { app, store, auth, clock, journal: parts.journal, send }
}
