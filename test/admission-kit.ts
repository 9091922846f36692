import assert from 'node:assert/strict'
import { type Actor, adminActor } from '../src/core/actor.ts'
import { type ErrorCode, GantryError } from '../src/core/errors.ts'
import type { JsonObject } from '../src/core/json.ts'
import { storedKinds } from '../src/core/kinds/index.ts'
import type { KubeObject } from '../src/core/kinds/kind.ts'
import { parseManifest } from '../src/core/kinds/parse.ts'
import type { Journal } from '../src/journal.ts'
import { createMemoryJournal } from '../src/journals/memory.ts'
import { type AdmissionParts, createAdmission } from '../src/runtime/admission/index.ts'
import { createAuthorizer } from '../src/runtime/authorizer.ts'
import git from '../src/sources/git.ts'
import image from '../src/sources/image.ts'
import type { Store } from '../src/store.ts'
import { createMemoryStore } from '../src/stores/memory.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

/** A store with admission, as a standalone installation has it: real sources, memory, a clock that stands still. */
export interface Home {
  readonly store: Store
  readonly journal: Journal
  readonly clock: FakeClock
  /** Creates the object of a manifest, read strictly, and answers what was stored. */
  create(manifest: object, actor?: Actor): Promise<Created>
  /** Creates it as `gantry apply` does: what is most likely a mistake is refused. */
  createStrictly(manifest: object): Promise<Created>
  /** Replaces an object by the manifest. */
  update(manifest: object, actor?: Actor): Promise<Created>
}

export interface Created {
  /** Loosely typed: tests look at whatever the manifest's kind has. */
  readonly object: KubeObject & JsonObject
  readonly warnings: readonly string[]
}

export function createHome(parts: Partial<AdmissionParts> = {}): Home {
  const clock = createFakeClock()
  const journal = createMemoryJournal()
  const admission = createAdmission({
    clock,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    sources: new Map([git, image].map((source) => [source.kind, source])),
    stepKinds: new Set(['copy', 'git-clone', 'git-push']),
    authorizer: createAuthorizer({ globalNamespaces: ['gantry'] }),
    ...parts,
  })
  const store = createMemoryStore({
    kinds: storedKinds,
    clock,
    journal,
    admission,
    requireNamespaces: true,
  })
  const write =
    (verb: 'create' | 'update', strict = false) =>
    async (manifest: object, actor: Actor = adminActor): Promise<Created> => {
      const { kind, object } = parseManifest(structuredClone(manifest), { strict: true })
      const warnings: string[] = []
      const warn = (warning: string): number => warnings.push(warning)
      const stored = await store[verb](kind, object, { actor, warn, strict })
      // Plain JSON whatever its kind: the one place where tests say so.
      return { object: stored as KubeObject & JsonObject, warnings }
    }
  const [create, update] = [write('create'), write('update')]
  return { store, journal, clock, create, createStrictly: write('create', true), update }
}

/** A home with the Project `demo`. */
export async function createDemoHome(parts: Partial<AdmissionParts> = {}): Promise<Home> {
  const home = createHome(parts)
  await home.create(manifest('Project', 'demo', {}, undefined))
  return home
}

const groups: Readonly<Record<string, string>> = {
  Secret: 'v1',
  ConfigMap: 'v1',
  Namespace: 'v1',
  ServiceAccount: 'v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
}

/** A manifest, in the Project `demo` unless told. */
export function manifest(
  kind: string,
  name: string,
  body: object,
  namespace: string | undefined = kind === 'Project' || kind.startsWith('Cluster')
    ? undefined
    : 'demo',
): JsonObject & { metadata: JsonObject } {
  return {
    apiVersion: groups[kind] ?? 'kargo.akuity.io/v1alpha1',
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    ...body,
  }
}

/** A Stage that takes Freight of the Warehouse `w`, straight or from upstream Stages. */
export function stageManifest(
  name: string,
  options: { upstream?: readonly string[]; spec?: object; steps?: readonly object[] } = {},
): JsonObject & { metadata: JsonObject; spec: JsonObject } {
  const { upstream, spec, steps = [{ uses: 'copy' }] } = options
  const sources = upstream === undefined ? { direct: true } : { stages: [...upstream] }
  return plain({
    ...manifest('Stage', name, {}),
    spec: {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources }],
      ...(steps.length > 0 && { promotionTemplate: { spec: { steps } } }),
      ...spec,
    },
  })
}

type Manifest = JsonObject & { metadata: JsonObject; spec: JsonObject }

/** A copy as plain JSON; what is in it is the test's own business. */
function plain(object: object): Manifest {
  return structuredClone(object) as unknown as Manifest
}

export const warehouseManifest = manifest('Warehouse', 'w', {
  spec: { subscriptions: [{ image: { repoURL: 'ghcr.io/example/app' } }] },
})

export function freightManifest(
  tag: string,
  body: object = {},
): JsonObject & { metadata: JsonObject } {
  return manifest('Freight', '', {
    origin: { kind: 'Warehouse', name: 'w' },
    images: [{ repoURL: 'ghcr.io/example/app', tag, digest: `sha256:${tag}` }],
    ...body,
  })
}

export function promotionManifest(
  stage: string,
  spec: object,
  annotations?: Record<string, string>,
): JsonObject & { metadata: JsonObject } {
  const base = manifest('Promotion', 'ignored', { spec: { stage, ...spec } })
  return { ...base, metadata: { ...base.metadata, ...(annotations && { annotations }) } }
}

/** Someone whose rights come from the RBAC objects: a ServiceAccount of the Project `demo`. */
export function userActor(account: string): Actor {
  return {
    id: `email:${account}@example.com`,
    controlPlane: false,
    superuser: false,
    serviceAccounts: [`demo/${account}`],
  }
}

/** Asserts that the write is refused with this code and, when given, for this field. */
export async function assertRefused(
  attempt: Promise<unknown>,
  code: ErrorCode,
  field?: string,
): Promise<GantryError> {
  try {
    await attempt
  } catch (thrown) {
    assert.ok(thrown instanceof GantryError, String(thrown))
    assert.equal(thrown.code, code, thrown.message)
    if (field !== undefined) assert.equal(thrown.field, field, thrown.message)
    return thrown
  }
  return assert.fail(`it was let in, though it should have been ${code}`)
}
