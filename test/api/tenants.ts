import { createHash } from 'node:crypto'
import { issueToken } from '../../src/api/api-tokens.ts'
import { defaultRole, defaultRoleNames } from '../../src/controllers/project/default-roles.ts'
import { projectAdminRole } from '../../src/controllers/project/project-admin.ts'
import { adminActor } from '../../src/core/actor.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import { parseManifest } from '../../src/core/kinds/parse.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { ServiceAccountKind } from '../../src/core/kinds/service-account.ts'
import { createRedactor } from '../../src/core/redact.ts'
import { createMemoryJournal } from '../../src/journals/memory.ts'
import { createAdmission } from '../../src/runtime/admission/index.ts'
import { createAuthorizer } from '../../src/runtime/authorizer.ts'
import { ensureSystemRoles } from '../../src/serve/system-roles.ts'
import image from '../../src/sources/image.ts'
import { createLogger } from '../../src/lib/logger.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import { createFakeClock } from '../fake-clock.ts'
import { type ApiHarness, startApi } from './harness.ts'

const group = 'kargo.akuity.io/v1alpha1'

export interface Tenants extends ApiHarness {
  /** What the server said, a line each, at its most talkative; nobody told it what to mask. */
  readonly logged: readonly string[]
  /** Creates the object of a manifest as the admin. */
  make(manifest: object): Promise<KubeObject>
  /** A token of a ServiceAccount, made beside the API. */
  token(namespace: string, account: string, lifeSeconds?: number): Promise<string>
  /** A request with this token. */
  as(token: string, method: string, path: string, body?: object | string): Promise<Response>
}

export const namespaces = {
  system: 'kargo-system-resources',
  shared: 'kargo-shared-resources',
  install: 'kargo',
} as const

/**
 * The API over a memory store with admission and RBAC as a standalone Gantry has them, and two Projects with their
 * default roles: `alpha` and `beta`, each with the Warehouse `web`, the Freight `<project>-freight`, and the Stages
 * `test` and, after it, `prod`.
 */
export async function startTenants(
  options: { readonly changeLogCapacity?: number } = {},
): Promise<Tenants> {
  const clock = createFakeClock()
  const journal = createMemoryJournal()
  const authorizer = createAuthorizer({ globalNamespaces: [namespaces.install] })
  const admission = createAdmission({
    clock,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    sources: new Map([[image.kind, image]]),
    stepKinds: new Set(['copy']),
    authorizer,
  })
  const store = createMemoryStore({
    kinds: storedKinds,
    clock,
    journal,
    admission,
    requireNamespaces: true,
    ...options,
  })
  const logged: string[] = []
  const keep = (line: string): void => void logged.push(line)
  const api = await startApi({
    clock,
    store,
    journal,
    log: createLogger({ level: 'debug', redactor: createRedactor(), destination: { write: keep } }),
    authorize: (actor, request) => authorizer.authorize(actor, request, store),
  })
  await ensureSystemRoles(store, namespaces)
  const make = async (manifest: object): Promise<KubeObject> => {
    const { kind, object } = parseManifest(manifest, { strict: true })
    return store.create<KubeObject>(kind, object, { actor: adminActor })
  }
  for (const project of ['alpha', 'beta']) {
    await make({ apiVersion: group, kind: 'Project', metadata: { name: project } })
    const admin = projectAdminRole(project)
    for (const object of [admin.role, admin.binding]) await make(object)
    for (const name of defaultRoleNames) {
      const { account, role, binding } = defaultRole(name, project, undefined)
      for (const object of [account, role, binding]) await make(object)
    }
    for (const manifest of pipeline(project)) await make(manifest)
  }
  let counter = 0
  return {
    ...api,
    clock,
    logged,
    make,
    async token(namespace, name, lifeSeconds) {
      const account = await store.get(ServiceAccountKind, { namespace, name })
      if (account === undefined) throw new Error(`no account ${namespace}/${name}`)
      counter += 1
      const request = { account, name: `token-${counter}`, now: clock.now(), lifeSeconds }
      const { token, secret } = await issueToken(request)
      await store.create(SecretKind, secret, { actor: adminActor })
      return token
    },
    as: (token, method, path, body) =>
      api.send(method, path, {
        headers: { authorization: `Bearer ${token}` },
        ...(body !== undefined && {
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      }),
  }
}

export function stageManifest(project: string, name: string, upstream?: string): object {
  const sources = upstream === undefined ? { direct: true } : { stages: [upstream] }
  return {
    apiVersion: group,
    kind: 'Stage',
    metadata: { name, namespace: project },
    spec: {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'web' }, sources }],
      promotionTemplate: {
        spec: { steps: [{ uses: 'copy', config: { inPath: 'a', outPath: 'b' } }] },
      },
    },
  }
}

export function freightManifest(project: string, alias: string, tag = '1.0.0'): object {
  return {
    apiVersion: group,
    kind: 'Freight',
    metadata: { name: '', namespace: project },
    alias,
    origin: { kind: 'Warehouse', name: 'web' },
    images: [{ repoURL: `example.com/${project}`, tag, digest: `sha256:${sha(tag)}` }],
  }
}

function pipeline(project: string): object[] {
  return [
    {
      apiVersion: group,
      kind: 'ProjectConfig',
      metadata: { name: project, namespace: project },
      spec: {},
    },
    {
      apiVersion: group,
      kind: 'Warehouse',
      metadata: { name: 'web', namespace: project },
      spec: { subscriptions: [{ image: { repoURL: `example.com/${project}` } }] },
    },
    stageManifest(project, 'test'),
    stageManifest(project, 'prod', 'test'),
    freightManifest(project, `${project}-freight`),
  ]
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Every object of a kind, as one text to compare. */
export async function dumpOf(api: ApiHarness, kind: Kind): Promise<string> {
  return JSON.stringify((await api.store.list(kind)).items)
}
