import type { TestContext } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { toTimestamp } from '../../src/core/clock.ts'
import { ConfigMapKind } from '../../src/core/kinds/config-map.ts'
import { type Freight, FreightKind } from '../../src/core/kinds/freight.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import { isTerminal, type Promotion, PromotionKind } from '../../src/core/kinds/promotion.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { type Stage, StageKind } from '../../src/core/kinds/stage.ts'
import { silentLogger } from '../../src/core/log.ts'
import { collectionFor, referenceTo } from '../../src/core/policy/freight-collection.ts'
import { clusterConfigController } from '../../src/controllers/cluster-config/index.ts'
import { controlFlowStageController } from '../../src/controllers/control-flow-stage/index.ts'
import { garbageCollectionController } from '../../src/controllers/garbage-collection/index.ts'
import { namespaceController } from '../../src/controllers/namespace/index.ts'
import { projectConfigController } from '../../src/controllers/project-config/index.ts'
import { projectController } from '../../src/controllers/project/index.ts'
import { promotionRequestController } from '../../src/controllers/promotion-request/index.ts'
import { sharedResourcesController } from '../../src/controllers/shared-resources/index.ts'
import { stageController, type StageOptions } from '../../src/controllers/stage/index.ts'
import { defineController, wake } from '../../src/runtime/controller.ts'
import { createManager, type Manager } from '../../src/runtime/manager.ts'
import { createObjectGc } from '../../src/runtime/object-gc.ts'
import type { Ref, Store } from '../../src/store.ts'
import {
  createDemoHome,
  freightManifest,
  type Home,
  manifest,
  promotionManifest,
  warehouseManifest,
} from '../admission-kit.ts'

/** The controllers at work over a memory store with real admission, on a clock that the test moves. */
export interface ControllersHome extends Home {
  readonly manager: Manager
  /** Stops the controllers and starts new ones over the same store. */
  restart(): Promise<void>
  /** Every call that writes, in order, as `<verb> <kind>/<name>`. */
  readonly writes: string[]
  /** How the Promotions of a Stage end; Succeeded unless set. */
  readonly outcomes: Map<string, 'Succeeded' | 'Failed' | 'Errored' | 'never'>
  stage(name: string): Promise<Stage>
  freight(name: string): Promise<Freight>
  /** Creates Freight of the Warehouse `w` and returns its name. */
  addFreight(tag: string, body?: object): Promise<string>
  promote(stage: string, freight: string, actor?: typeof adminActor): Promise<string>
  /** The Promotions of a Stage in order of their names, as `<freight tag>:<phase>`. */
  promotions(stage: string): Promise<string[]>
  /** The tag of the image that the Stage is at. */
  at(stage: string): Promise<string | undefined>
  condition(stage: string, type: string): Promise<string | undefined>
  /** Reasons of the events about objects of a kind, oldest first. */
  events(kind: string): Promise<string[]>
}

export interface HomeOptions {
  readonly stages?: StageOptions | undefined
  /** How long each Promotion takes. */
  readonly promotionMs?: number | undefined
  readonly receivers?: readonly { readonly kind: string; readonly secretKey: string }[] | undefined
}

export async function startHome(
  t: TestContext,
  options: HomeOptions = {},
): Promise<ControllersHome> {
  const home = await createDemoHome()
  await home.create(warehouseManifest)
  const { clock, journal } = home
  const writes: string[] = []
  const store = counting(home.store, writes)
  const outcomes: ControllersHome['outcomes'] = new Map()
  const receivers = {
    receivers: options.receivers ?? [],
    baseUrl: () => 'https://hooks.example.com',
  }
  const sharedNamespace = 'kargo-shared-resources'
  const objectGc = createObjectGc({ store, kinds: storedKinds, clock, log: silentLogger })
  objectGc.start()
  const start = async (): Promise<Manager> => {
    const created = createManager({
      store,
      journal,
      clock,
      log: silentLogger,
      kinds: storedKinds,
      observer: objectGc.observer,
      controllers: [
        projectController,
        namespaceController,
        projectConfigController(receivers),
        clusterConfigController({ ...receivers, systemNamespace: 'kargo-system-resources' }),
        stageController(options.stages),
        controlFlowStageController,
        garbageCollectionController(),
        promotionRequestController,
        sharedResourcesController({ kind: SecretKind, sharedNamespace }),
        sharedResourcesController({ kind: ConfigMapKind, sharedNamespace }),
        promotionPlayer(outcomes, options.promotionMs ?? 1000),
      ],
    })
    await created.start()
    await clock.settle()
    return created
  }
  const stop = async (): Promise<void> => {
    const stopped = manager.stop(0)
    await clock.advance(1)
    await stopped
  }
  let manager = await start()
  t.after(async () => {
    await stop()
    objectGc.stop()
    await home.store.close()
  })

  const ref = (name: string): Ref => ({ namespace: 'demo', name })
  const stage = async (name: string): Promise<Stage> => found(await store.get(StageKind, ref(name)))
  const freight = async (name: string): Promise<Freight> =>
    found(await store.get(FreightKind, ref(name)))
  return {
    ...home,
    store,
    get manager() {
      return manager
    },
    async restart() {
      await stop()
      manager = await start()
    },
    writes,
    outcomes,
    stage,
    freight,
    async addFreight(tag, body = {}) {
      const { object } = await home.create(freightManifest(tag, body))
      await clock.settle()
      return object.metadata.name
    },
    async promote(name, freightName, actor = adminActor) {
      const created = await home.create(promotionManifest(name, { freight: freightName }), actor)
      await clock.settle()
      return created.object.metadata.name
    },
    async promotions(name) {
      const { items } = await store.list(PromotionKind, {
        namespace: 'demo',
        index: { name: 'stage', key: name },
      })
      const ordered = [...items].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      return Promise.all(
        ordered.map(async ({ spec, status }) => {
          const load = await store.get(FreightKind, ref(spec.freight ?? ''))
          return `${load?.images?.[0]?.tag ?? '?'}:${status?.phase ?? 'new'}`
        }),
      )
    },
    async at(name) {
      const items = (await stage(name)).status?.freightHistory?.[0]?.items
      return items?.['Warehouse/w']?.images?.[0]?.tag
    },
    async condition(name, type) {
      const conditions = (await stage(name)).status?.conditions
      const condition = conditions?.find((each) => each.type === type)
      return condition === undefined ? undefined : `${condition.status}/${condition.reason}`
    },
    async events(kind) {
      const { records } = await journal.range({
        kind: 'event',
        subjectPrefix: `${kind}/`,
        limit: 1000,
      })
      return records.map(({ payload }) =>
        typeof payload['reason'] === 'string' ? payload['reason'] : '',
      )
    },
  }
}

export function projectConfig(...stages: readonly object[]): ReturnType<typeof manifest> {
  return manifest('ProjectConfig', 'demo', { spec: { promotionPolicies: stages } })
}

/** Auto-promotion for every Stage. */
export const autoEverywhere = projectConfig({
  stageSelector: { name: 'glob:*' },
  autoPromotionEnabled: true,
})

function found<T>(object: T | undefined): T {
  if (object === undefined) throw new Error('no such object')
  return object
}

function counting(store: Store, writes: string[]): Store {
  const note = (verb: string, kind: string, name: string): void => {
    writes.push(`${verb} ${kind}/${name}`)
  }
  return {
    ...store,
    create: (kind, object, options) => {
      note('create', kind.kind, object.metadata.name)
      return store.create(kind, object, options)
    },
    update: (kind, object, options) => {
      note('update', kind.kind, object.metadata.name)
      return store.update(kind, object, options)
    },
    updateStatus: (kind, object, options) => {
      note('updateStatus', kind.kind, object.metadata.name)
      return store.updateStatus(kind, object, options)
    },
    patch: (kind, ref, patch, options) => {
      note('patch', kind.kind, ref.name)
      return store.patch(kind, ref, patch, options)
    },
    patchStatus: (kind, ref, patch, options) => {
      note('patchStatus', kind.kind, ref.name)
      return store.patchStatus(kind, ref, patch, options)
    },
    delete: (kind, ref, options) => {
      note('delete', kind.kind, ref.name)
      return store.delete(kind, ref, options)
    },
  }
}

/**
 * Plays the Promotions: takes them into the queue, starts the one whose turn the Stage says it is, and ends it after a
 * while as the test wants. What the steps would do is not the matter here.
 */
function promotionPlayer(outcomes: ControllersHome['outcomes'], promotionMs: number) {
  return defineController<Promotion>({
    name: 'promotion-player',
    kind: PromotionKind,
    selects: ({ status }) => !isTerminal(status?.phase),
    wakes: [
      wake(StageKind, ({ object }) => {
        const name = object.status?.currentPromotion?.name
        return name === undefined ? [] : [{ namespace: object.metadata.namespace, name }]
      }),
    ],
    reads: [FreightKind],
    conclude: () => undefined,
    phases: {
      async play(ctx, draft) {
        const { namespace } = ctx.ref
        const { spec, status, metadata } = ctx.object
        const stage = ctx.cache.get(StageKind, { namespace, name: spec.stage })
        const freight = ctx.cache.get(FreightKind, { namespace, name: spec.freight ?? '' })
        if (status?.phase === undefined) draft.phase = 'Pending'
        if (metadata.annotations?.['kargo.akuity.io/abort'] !== undefined) {
          draft.phase = 'Aborted'
          draft.finishedAt = toTimestamp(ctx.now)
        } else if (status?.phase === 'Pending') {
          if (stage?.status?.currentPromotion?.name !== metadata.name || freight === undefined)
            return
          draft.phase = 'Running'
          draft.startedAt = toTimestamp(ctx.now)
          draft.freight = referenceTo(freight)
          draft.freightCollection = collectionFor(stage, draft.freight)
        } else if (status?.phase === 'Running') {
          const outcome = outcomes.get(spec.stage) ?? 'Succeeded'
          const endsAt = Date.parse(status.startedAt ?? '') + promotionMs
          if (outcome === 'never') return
          if (ctx.now < endsAt) return { requeueAt: endsAt }
          draft.phase = outcome
          draft.finishedAt = toTimestamp(ctx.now)
        }
        return
      },
    },
  })
}
