/**
 * What the policy reads of each resource: the fields of Kargo's manifests, all readonly, so that frozen objects from a
 * cache, drafts and test data fit alike. Timestamps are RFC 3339; durations are Go's.
 */

export interface MetaView {
  readonly name: string
  readonly namespace?: string | undefined
  readonly creationTimestamp?: string | undefined
  readonly deletionTimestamp?: string | undefined
  readonly generation?: number | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

export interface OriginView {
  readonly kind: string
  readonly name: string
}

export interface FreightView {
  readonly metadata: MetaView
  readonly alias?: string | undefined
  readonly discoveredAt?: string | undefined
  readonly origin: OriginView
  readonly status?: FreightStatusView | undefined
}

export interface FreightStatusView {
  readonly currentlyIn?: Readonly<Record<string, CurrentStageView>> | undefined
  readonly verifiedIn?: Readonly<Record<string, VerifiedStageView>> | undefined
  readonly approvedFor?: Readonly<Record<string, ApprovedStageView>> | undefined
}

export interface CurrentStageView {
  readonly since?: string | undefined
}

export interface VerifiedStageView {
  readonly verifiedAt?: string | undefined
  readonly longestSoak?: string | undefined
}

export interface ApprovedStageView {
  readonly approvedAt?: string | undefined
}

/** A Freight as statuses of other objects carry it. */
export interface FreightReferenceView {
  readonly name: string
  readonly origin?: OriginView | undefined
}

export interface VerificationView {
  readonly id?: string | undefined
  readonly phase?: string | undefined
  readonly message?: string | undefined
  readonly startTime?: string | undefined
  readonly finishTime?: string | undefined
}

export interface CollectionView<Reference extends FreightReferenceView = FreightReferenceView> {
  readonly id?: string | undefined
  /** Keyed by origin, as in `Warehouse/web`. */
  readonly items?: Readonly<Record<string, Reference>> | undefined
  readonly verificationHistory?: readonly VerificationView[] | undefined
}

export interface FreightRequestView {
  readonly origin: OriginView
  readonly sources: {
    readonly direct?: boolean | undefined
    readonly stages?: readonly string[] | undefined
    readonly requiredSoakTime?: string | undefined
    readonly availabilityStrategy?: string | undefined
    readonly autoPromotionOptions?: { readonly selectionPolicy?: string | undefined } | undefined
  }
}

export interface StageView {
  readonly metadata: MetaView
  readonly spec: {
    readonly requestedFreight: readonly FreightRequestView[]
    readonly promotionTemplate?:
      | { readonly spec?: { readonly steps?: readonly unknown[] | undefined } | undefined }
      | undefined
    readonly verification?: object | undefined
    readonly targets?: object | undefined
  }
  readonly status?: StageStatusView | undefined
}

export interface HoldView {
  readonly freightName: string
  readonly origin?: OriginView | undefined
  readonly promotionName?: string | undefined
  readonly actor?: string | undefined
  readonly createdAt?: string | undefined
}

export type Holds = Readonly<Record<string, HoldView>>

export interface HealthView {
  readonly status: string
  readonly issues?: readonly string[] | undefined
}

export interface ConditionView {
  readonly type: string
  readonly status: string
  readonly reason?: string | undefined
  readonly message?: string | undefined
}

export interface StageStatusView {
  readonly conditions?: readonly ConditionView[] | undefined
  /** Successful promotions only, newest first. */
  readonly freightHistory?: readonly CollectionView[] | undefined
  readonly health?: HealthView | undefined
  readonly currentPromotion?: PromotionReferenceView | undefined
  readonly lastPromotion?: PromotionReferenceView | undefined
  readonly autoPromotionHolds?: Holds | undefined
  /** Gantry's own additions; read through `promotion-record.ts`. */
  readonly gantry?: unknown
}

export interface PromotionReferenceView {
  readonly name: string
  readonly freight?: FreightReferenceView | undefined
  readonly status?: PromotionStatusView | undefined
  readonly finishedAt?: string | undefined
}

export interface PromotionStatusView {
  readonly phase?: string | undefined
  readonly message?: string | undefined
  readonly freight?: FreightReferenceView | undefined
  readonly freightCollection?: CollectionView | undefined
  readonly startedAt?: string | undefined
  readonly finishedAt?: string | undefined
  readonly healthChecks?: readonly unknown[] | undefined
  /** Gantry's own additions; read through `promotion-record.ts`. */
  readonly gantry?: unknown
}

export interface PromotionView {
  readonly metadata: MetaView
  readonly spec: {
    readonly stage: string
    readonly freight?: string | undefined
    readonly steps?: readonly unknown[] | undefined
  }
  readonly status?: PromotionStatusView | undefined
}

/** Looks up a Stage of the same Project by name. */
export type StageLookup = (name: string) => StageView | undefined
