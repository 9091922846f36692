import type { FreightReference } from '../core/kinds/artifacts.ts'
import type { PromotionStep } from '../core/kinds/promotion-step.ts'
import type { PromotionStatus } from '../core/kinds/promotion.ts'

/** What the engine is told of a Promotion: facts that stay the same for as long as it runs. */
export interface PromotionInput {
  readonly project: string
  readonly name: string
  readonly uid: string
  readonly stage: string
  /** As in the create-actor annotation; empty when nobody is named. */
  readonly actor: string
  readonly rollback: boolean
  readonly vars: readonly Variable[]
  /** With tasks unfolded: every step has `uses` and an alias. */
  readonly steps: readonly PromotionStep[]
  readonly freight: TargetFreight
  /** The Freight of every origin that the Stage is to have: what `imageFrom()` and its kin look in. */
  readonly references: readonly FreightReference[]
  /** Names of the Warehouses whose Freight the Stage requests. */
  readonly warehouses: readonly string[]
}

export interface Variable {
  readonly name: string
  readonly value?: string | undefined
}

export interface TargetFreight {
  readonly name: string
  readonly alias: string
  readonly origin: { readonly name: string }
}

/** The record of one Promotion, as whoever keeps it offers it to the engine. */
export interface PromotionRecords {
  /** The status as it is now, never from a cache; undefined when the Promotion is gone. */
  read(): Promise<VersionedStatus | undefined>
  /** Replaces the status when it still has this version; throws Conflict otherwise, NotFound when it is gone. */
  write(status: PromotionStatus, version: string): Promise<VersionedStatus>
}

export interface VersionedStatus {
  readonly status: PromotionStatus
  readonly version: string
}

/** What a run over a Promotion came to. */
export type RunResult =
  | {
      readonly state: 'ended'
      readonly phase: 'Succeeded' | 'Failed' | 'Errored' | 'Aborted'
      readonly message: string | undefined
    }
  /** Nothing to do before `until`; said at `since`, epoch milliseconds. */
  | {
      readonly state: 'waiting'
      readonly since: number
      readonly until: number
      readonly message: string
    }
  /** Another holder has it, or the Promotion is gone. `until`: when to ask again. */
  | {
      readonly state: 'elsewhere'
      readonly since?: number | undefined
      readonly until: number | undefined
      readonly message: string
    }
  /** Cut off by shut-down; whoever comes next goes on. */
  | { readonly state: 'stopped' }
