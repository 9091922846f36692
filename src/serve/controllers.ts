import { randomBytes } from 'node:crypto'
import { availableParallelism, hostname } from 'node:os'
import { clusterConfigController } from '../controllers/cluster-config/index.ts'
import { controlFlowStageController } from '../controllers/control-flow-stage/index.ts'
import { garbageCollectionController } from '../controllers/garbage-collection/index.ts'
import { namespaceController } from '../controllers/namespace/index.ts'
import { projectConfigController } from '../controllers/project-config/index.ts'
import { projectController } from '../controllers/project/index.ts'
import { createPromotionController } from '../controllers/promotion/index.ts'
import { promotionRequestController } from '../controllers/promotion-request/index.ts'
import { sharedResourcesController } from '../controllers/shared-resources/index.ts'
import { stageController } from '../controllers/stage/index.ts'
import { createWarehouseController } from '../controllers/warehouse/index.ts'
import type { DiscoveryTools } from '../controllers/warehouse/options.ts'
import type { Clock } from '../core/clock.ts'
import { ConfigMapKind } from '../core/kinds/config-map.ts'
import { SecretKind } from '../core/kinds/secret.ts'
import type { Warehouse } from '../core/kinds/warehouse.ts'
import type { DiscoveryView } from '../core/policy/discovery-view.ts'
import type { Logger } from '../core/log.ts'
import type { Redactor } from '../core/redact.ts'
import { createEngine } from '../engine/engine.ts'
import { createEvaluator } from '../engine/expressions.ts'
import { createVault } from '../engine/vault.ts'
import type { Journal } from '../journal.ts'
import type { Sealer } from '../lib/seal.ts'
import { receivers, sources, steps } from '../plugins.gen.ts'
import type { Controller } from '../runtime/controller.ts'
import type { StepCapabilities } from '../step.ts'
import type { Store } from '../store.ts'
import { createFactReader } from './facts.ts'
import type { Outside } from './outside.ts'
import { toCount, toMs } from './read-env.ts'
import { readRetention } from './retention.ts'
import { readSourceSettings } from './source-settings.ts'

export interface ControllerParts {
  readonly store: Store
  readonly journal: Journal
  readonly sealer: Sealer
  readonly outside: Outside
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly log: Logger
  readonly redactor: Redactor
  readonly namespaces: { readonly system: string; readonly shared: string }
  /** Where people reach the page, for `ctx.uiBaseUrl`. */
  readonly uiBaseUrl: () => string
  /** Where webhook receivers are reached from outside. */
  readonly webhooksUrl: () => string
}

/** Every controller of a standalone Gantry, and how to cut off what goes on beside their queues. */
export function allControllers(parts: ControllerParts): {
  readonly controllers: readonly Controller[]
  discovery(warehouse: Warehouse): DiscoveryView
  stopWork(): Promise<void>
} {
  const { clock, env, namespaces, outside } = parts
  const receiverFacts = {
    receivers: receivers.map(({ kind, secretKey }) => ({ kind, secretKey })),
    baseUrl: parts.webhooksUrl,
  }
  const promotions = createPromotionController({
    engine: openEngine(parts),
    clock,
    maxRuns: toCount(env, 'MAX_CONCURRENT_PROMOTION_RECONCILES', defaultRuns()),
  })
  const warehouses = createWarehouseController({
    sources,
    tools: toolsOfSources(outside, env),
    clock,
    redact: (text) => parts.redactor.redact(text),
    sharedNamespace: namespaces.shared,
    maxDiscoveries: toCount(env, 'MAX_CONCURRENT_WAREHOUSE_RECONCILES', 64),
    minIntervalMs: toMs(env, 'MIN_WAREHOUSE_RECONCILIATION_INTERVAL', 0),
  })
  const controllers: readonly Controller[] = [
    projectController,
    namespaceController,
    projectConfigController(receiverFacts),
    promotionRequestController,
    clusterConfigController({ ...receiverFacts, systemNamespace: namespaces.system }),
    sharedResourcesController({ kind: SecretKind, sharedNamespace: namespaces.shared }),
    sharedResourcesController({ kind: ConfigMapKind, sharedNamespace: namespaces.shared }),
    warehouses.controller,
    stageController({ stepKinds: new Set(steps.map(({ kind }) => kind)) }),
    controlFlowStageController,
    promotions.controller,
    garbageCollectionController(readRetention(env)),
  ]
  return {
    controllers,
    discovery: (warehouse) => warehouses.discovery(warehouse),
    async stopWork() {
      await Promise.all([promotions.stop(), warehouses.stop()])
    },
  }
}

/** What sources may touch, and nothing else of the outside. */
export function toolsOfSources(
  { credentials, http, mirrors, registries, documents, cache }: Outside,
  env: NodeJS.ProcessEnv,
): DiscoveryTools {
  const settings = readSourceSettings(env)
  return { credentials, http, mirrors, registries, documents, cache, settings }
}

/** What steps may ask for in `needs`, and nothing else of the outside. */
export function capabilitiesOfSteps(outside: Outside): StepCapabilities {
  const { credentials, http, git, yaml } = outside
  const { read, setScalars, setImages } = yaml
  return { credentials, http, git, yaml: { read, setScalars, setImages } }
}

function openEngine(parts: ControllerParts) {
  const { clock, log, journal, redactor, outside, sealer } = parts
  const holder = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`
  return createEngine({
    clock,
    log,
    journal,
    redactor,
    vault: createVault(sealer, redactor),
    evaluator: createEvaluator({
      fetch: createFactReader(parts.store, redactor),
      uiBaseUrl: parts.uiBaseUrl,
      sharedNamespace: parts.namespaces.shared,
    }),
    kinds: new Map(steps.map((step) => [step.kind, step])),
    capabilities: capabilitiesOfSteps(outside),
    workspaces: outside.workspaces,
    holder,
    // A data folder has one owner: whoever else holds a fence is a process that is gone.
    isDead: (other) => other !== holder,
  })
}

/** Promotions at work at a time, unless the operator says otherwise. */
function defaultRuns(): number {
  return Math.max(4, availableParallelism() * 2)
}
