/** Sample objects for tests and benchmarks, as short to write as they are to read. */
import { toTimestamp } from '../../src/core/clock.ts'
import type { Freight } from '../../src/core/kinds/freight.ts'
import { annotations } from '../../src/core/kinds/labels.ts'
import type { Promotion, PromotionPhase } from '../../src/core/kinds/promotion.ts'
import type { FreightReference } from '../../src/core/kinds/artifacts.ts'
import type {
  FreightCollection,
  VerificationInfo,
} from '../../src/core/kinds/freight-collection.ts'
import type { FreightRequest, Stage, StageStatus } from '../../src/core/kinds/stage.ts'
import type { GateInput } from '../../src/core/policy/may-promote.ts'
import type { StagePolicy } from '../../src/core/policy/policy-facts.ts'

/** Noon of a day without meaning. */
export const noon = Date.parse('2026-03-01T12:00:00Z')
export const minute = 60_000
export const hour = 60 * minute

/** A timestamp this many milliseconds from noon. */
export function at(offsetMs: number): string {
  return toTimestamp(noon + offsetMs)
}

export interface RequestOptions {
  readonly warehouse?: string
  readonly direct?: boolean
  readonly stages?: readonly string[]
  readonly soak?: string
  readonly strategy?: 'All' | 'OneOf' | ''
  readonly match?: boolean
}

export function sampleRequest(options: RequestOptions = {}): FreightRequest {
  const { warehouse = 'web', stages, soak, strategy, match = false } = options
  const direct = options.direct ?? stages === undefined
  return {
    origin: { kind: 'Warehouse', name: warehouse },
    sources: {
      ...(direct && { direct }),
      ...(stages !== undefined && { stages: [...stages] }),
      ...(soak !== undefined && { requiredSoakTime: soak }),
      ...(strategy !== undefined && { availabilityStrategy: strategy }),
      ...(match && { autoPromotionOptions: { selectionPolicy: 'MatchUpstream' } }),
    },
  }
}

export interface StageOptions {
  readonly requests?: readonly RequestOptions[]
  readonly controlFlow?: boolean
  readonly verification?: boolean
  readonly targets?: boolean
  readonly deleting?: boolean
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly status?: StageStatus
}

export function sampleStage(name: string, options: StageOptions = {}): Stage {
  const { requests = [{}], labels, annotations, status } = options
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: {
      name,
      namespace: 'demo',
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ...(options.deleting === true && { deletionTimestamp: at(0) }),
    },
    spec: {
      requestedFreight: requests.map(sampleRequest),
      ...(options.controlFlow !== true && {
        promotionTemplate: { spec: { steps: [{ uses: 'fail' }] } },
      }),
      ...(options.verification === true && { verification: {} }),
      ...(options.targets === true && { targets: { selectors: [] } }),
    },
    ...(status !== undefined && { status }),
  }
}

export interface FreightOptions {
  readonly warehouse?: string
  readonly namespace?: string
  readonly alias?: string
  /** Milliseconds from noon; an hour before it by default. */
  readonly discovered?: number
  readonly deleting?: boolean
  /** Stage to the offset at which it was verified. */
  readonly verified?: Readonly<Record<string, number>>
  /** Stage to the offset at which it entered. */
  readonly current?: Readonly<Record<string, number>>
  /** Stage to the longest completed stay, a Go duration. */
  readonly soaked?: Readonly<Record<string, string>>
  readonly approved?: Readonly<Record<string, number>>
}

export function sampleFreight(name: string, options: FreightOptions = {}): Freight {
  const { verified = {}, current = {}, soaked = {}, approved = {}, alias } = options
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Freight',
    metadata: {
      name,
      namespace: options.namespace ?? 'demo',
      ...(options.deleting === true && { deletionTimestamp: at(0) }),
    },
    ...(alias !== undefined && { alias }),
    discoveredAt: at(options.discovered ?? -hour),
    origin: { kind: 'Warehouse', name: options.warehouse ?? 'web' },
    status: {
      currentlyIn: mapped(current, (offset) => ({ since: at(offset) })),
      verifiedIn: Object.fromEntries(
        Object.entries(verified).map(([stage, offset]) => {
          const longestSoak = soaked[stage]
          return [
            stage,
            { verifiedAt: at(offset), ...(longestSoak !== undefined && { longestSoak }) },
          ]
        }),
      ),
      approvedFor: mapped(approved, (offset) => ({ approvedAt: at(offset) })),
    },
  }
}

function mapped<T>(
  map: Readonly<Record<string, number>>,
  to: (offset: number) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(map).map(([key, offset]) => [key, to(offset)]))
}

export interface PromotionOptions {
  readonly stage?: string
  readonly phase?: PromotionPhase
  readonly actor?: string
  readonly steps?: number
  /** Milliseconds from noon. */
  readonly created?: number
  readonly started?: number
  readonly finished?: number
  readonly hold?: string
  readonly resume?: string
  readonly collection?: FreightCollection
  readonly status?: Promotion['status']
}

export function samplePromotion(
  name: string,
  freight: string,
  options: PromotionOptions = {},
): Promotion {
  const { phase, started, finished, collection } = options
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: {
      name,
      namespace: 'demo',
      creationTimestamp: at(options.created ?? 0),
      annotations: {
        ...(options.actor !== undefined && { [annotations.createActor]: options.actor }),
        ...(options.hold !== undefined && { [annotations.autoPromotionHold]: options.hold }),
        ...(options.resume !== undefined && { [annotations.autoPromotionResume]: options.resume }),
      },
    },
    spec: {
      stage: options.stage ?? 'test',
      freight,
      steps: Array.from({ length: options.steps ?? 1 }, () => ({ uses: 'fail' })),
    },
    status: {
      ...(phase !== undefined && { phase }),
      ...(started !== undefined && { startedAt: at(started) }),
      ...(finished !== undefined && { finishedAt: at(finished) }),
      ...(collection !== undefined && { freightCollection: collection }),
      ...options.status,
    },
  }
}

export function reference(name: string, warehouse = 'web'): FreightReference {
  return { name, origin: { kind: 'Warehouse', name: warehouse } }
}

export function sampleCollection(
  references: readonly FreightReference[],
  verifications?: VerificationInfo[],
): FreightCollection {
  return {
    id: references.map(({ name }) => name).join('+'),
    items: Object.fromEntries(references.map((each) => [`Warehouse/${each.origin.name}`, each])),
    ...(verifications !== undefined && { verificationHistory: verifications }),
  }
}

export const autoPolicy: StagePolicy = {
  autoPromotionEnabled: true,
  supersedeQueued: false,
  windows: [],
}

/** A gate's input in which everything is in order: promote `new` to Stage `test` by hand. */
export function sampleInput(overrides: Partial<GateInput> = {}): GateInput {
  return {
    stage: sampleStage('test'),
    freight: sampleFreight('new'),
    policy: autoPolicy,
    holds: {},
    promotions: [],
    trigger: 'manual',
    at: 'create',
    now: noon,
    stages: () => undefined,
    ...overrides,
  }
}
