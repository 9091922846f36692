import type { TestContext } from 'node:test'
import { listen } from '../../src/api/listen.ts'
import type { WebhookLimits } from '../../src/api/webhooks/parts.ts'
import { createWebhookServer } from '../../src/api/webhooks/server.ts'
import { adminActor } from '../../src/core/actor.ts'
import type { Clock } from '../../src/core/clock.ts'
import { type JsonObject, jsonText } from '../../src/core/json.ts'
import { type ClusterConfig, ClusterConfigKind } from '../../src/core/kinds/cluster-config.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import { type ProjectConfig, ProjectConfigKind } from '../../src/core/kinds/project-config.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { WebhookReceiverConfig } from '../../src/core/kinds/webhook-receivers.ts'
import { silentLogger } from '../../src/core/log.ts'
import { createRedactor } from '../../src/core/redact.ts'
import type { Journal } from '../../src/journal.ts'
import { createMemoryJournal } from '../../src/journals/memory.ts'
import { systemClock } from '../../src/lib/system-clock.ts'
import { receiverPath } from '../../src/lib/webhook/receiver-path.ts'
import { receivers, sources } from '../../src/plugins.gen.ts'
import { createCache } from '../../src/runtime/cache.ts'
import type { Store } from '../../src/store.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import { samplesOf } from './samples/index.ts'

const systemNamespace = 'kargo-system-resources'
export const secret = 'a-secret-of-the-tests'

export interface Bench {
  readonly url: string
  readonly store: Store
  readonly journal: Journal
  /** Adds a receiver to the Project `demo`; resolves with its address. */
  addReceiver(kind: string, config?: JsonObject): Promise<string>
  /** Adds a receiver to the installation; resolves with its address. */
  addClusterReceiver(kind: string): Promise<string>
  /** Adds a Warehouse to the Project `demo`. */
  addWarehouse(name: string, ...subscriptions: readonly JsonObject[]): Promise<void>
  /** Creates an object, with its status, and waits until the server knows it. */
  make<T extends KubeObject>(kind: Kind<T>, object: T, status?: JsonObject): Promise<void>
  /** The refresh token of a Warehouse of the Project `demo`. */
  token(name: string): Promise<string | undefined>
  /** The outcomes in the log, in their order. */
  outcomes(): Promise<string[]>
}

/** The receivers' server on loopback, over a memory store with the Project `demo`. */
export async function startBench(
  t: TestContext,
  limits: Partial<WebhookLimits> = {},
  clock: Clock = systemClock,
): Promise<Bench> {
  const store = createMemoryStore({ kinds: storedKinds, clock })
  const journal = createMemoryJournal()
  const log = silentLogger
  const cache = createCache({ store, kinds: storedKinds, clock, log })
  cache.start()
  await cache.synced()
  const server = createWebhookServer({
    receivers,
    sources,
    objects: cache,
    store,
    journal,
    clock,
    log,
    redactor: createRedactor(),
    systemNamespace,
    ready: () => true,
    limits,
  })
  const address = { host: '127.0.0.1', port: 0 }
  const listening = await listen((...args) => server.handleAlone(...args), address)
  t.after(async () => {
    server.stop()
    await listening.close(0)
    await cache.stop()
    await store.close()
  })
  const url = `http://127.0.0.1:${listening.port}`
  const as = { actor: adminActor }
  const added: { name: string; path: string; config: JsonObject }[] = []

  const make: Bench['make'] = async (kind, object, status) => {
    const ref = { namespace: object.metadata.namespace, name: object.metadata.name }
    const created = await store.create(kind, object, as)
    const last = status === undefined ? created : await store.patchStatus(kind, ref, { status }, as)
    while (cache.get(kind, ref)?.metadata.resourceVersion !== last.metadata.resourceVersion)
      await new Promise((resolve) => setImmediate(resolve))
  }
  const makeSecret = (kind: string, namespace: string): Promise<void> => {
    const key = receivers.find((each) => each.kind === kind)?.secretKey ?? ''
    return make(SecretKind, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `my-${kind}`, namespace },
      data: { [key]: btoa(secret) },
    })
  }

  return {
    make,
    url,
    store,
    journal,
    async addReceiver(kind, config = samplesOf[kind]?.config ?? {}) {
      const name = `my-${kind}`
      await makeSecret(kind, 'demo')
      const path = receiverPath(kind, 'demo', name, secret)
      added.push({ name, path, config: { name, [kind]: { ...config, secretRef: { name } } } })
      await writeConfig(store, added)
      while (
        cache.list(ProjectConfigKind, { index: { name: 'receiverPath', key: path } })[0] ===
        undefined
      )
        await new Promise((resolve) => setImmediate(resolve))
      return `${url}${path}`
    },
    async addClusterReceiver(kind) {
      const name = `my-${kind}`
      await makeSecret(kind, systemNamespace)
      const path = receiverPath(kind, '', name, secret)
      const config = { ...samplesOf[kind]?.config, secretRef: { name } }
      const object: ClusterConfig = {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'ClusterConfig',
        metadata: { name: 'cluster' },
        spec: { webhookReceivers: [WebhookReceiverConfig.parse({ name, [kind]: config })] },
      }
      await make(ClusterConfigKind, object, { webhookReceivers: [{ name, path, url: '' }] })
      return `${url}${path}`
    },
    addWarehouse: (name, ...subscriptions) =>
      make(WarehouseKind, {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Warehouse',
        metadata: { name, namespace: 'demo' },
        spec: { subscriptions: [...subscriptions] },
      }),
    async token(name) {
      const found = await store.get(WarehouseKind, { name, namespace: 'demo' })
      return found?.metadata.annotations?.['kargo.akuity.io/refresh']
    },
    async outcomes() {
      const { records } = await journal.range({ kind: 'delivery', order: 'asc', limit: 1000 })
      return records.map(({ payload }) => jsonText(payload['outcome']))
    },
  }
}

async function writeConfig(
  store: Store,
  added: readonly { name: string; path: string; config: JsonObject }[],
): Promise<void> {
  const ref = { name: 'demo', namespace: 'demo' }
  const as = { actor: adminActor }
  const config: ProjectConfig = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'ProjectConfig',
    metadata: ref,
  }
  if ((await store.get(ProjectConfigKind, ref)) === undefined)
    await store.create(ProjectConfigKind, config, as)
  const webhookReceivers = added.map((each) => each.config)
  await store.patch(ProjectConfigKind, ref, { spec: { webhookReceivers } }, as)
  const published = added.map(({ name, path }) => ({ name, path }))
  await store.patchStatus(ProjectConfigKind, ref, { status: { webhookReceivers: published } }, as)
}

/** A delivery as its sender would make it. */
export async function send(
  address: string,
  kind: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  key = secret,
): Promise<{ status: number; body: JsonObject }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const signed = samplesOf[kind]?.sign?.(text, key) ?? {}
  const answer = await fetch(address, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', ...headers, ...signed },
  })
  return { status: answer.status, body: (await answer.json()) as JsonObject }
}
