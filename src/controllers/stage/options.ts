import type { FreightCollection, VerificationInfo } from '../../core/kinds/freight-collection.ts'
import type { AnnotationRequest } from '../../core/policy/annotation-request.ts'
import type { Supported } from '../../core/policy/policy-facts.ts'
import type { HealthResult } from '../../core/policy/health.ts'
import type { HealthCheck } from '../../core/policy/promotion-record.ts'
import type { StageContext } from './facts.ts'

/** What the Stage controller can be given. Without any of it Stages without health checks and verification work. */
export interface StageOptions {
  /** Checks that Promotions left behind, by what they use. One that is not here makes the health Unknown. */
  readonly healthCheckers?: readonly HealthChecker[] | undefined
  /** Runs verifications. Without one a Stage that asks for verification is blocked. */
  readonly verifier?: Verifier | undefined
  /** The steps there are. With them a Stage says which of its steps does not exist before anything is promoted. */
  readonly stepKinds?: ReadonlySet<string> | undefined
}

export interface HealthChecker {
  readonly uses: string
  /** Looks now. The output must be stable: no times, nothing that changes while nothing happens. */
  check(config: HealthCheck['config'], ctx: StageContext): Promise<HealthResult>
  /** When to look again when nothing wakes the Stage, in milliseconds. */
  readonly intervalMs: number
}

/** The seam of the verification engine. It starts and observes long work; it never does any inside a call. */
export interface Verifier {
  start(request: VerificationRequest): Promise<VerificationInfo>
  follow(request: VerificationRequest, verification: VerificationInfo): Promise<Followed>
  /** Ends it; resolves with how it then stands. */
  abort(
    request: VerificationRequest,
    verification: VerificationInfo,
    by: AnnotationRequest,
  ): Promise<VerificationInfo>
}

export interface VerificationRequest {
  readonly ctx: StageContext
  /** What is verified. */
  readonly collection: FreightCollection
  /** When somebody asked for a verification of what was verified before. */
  readonly reverify?: AnnotationRequest | undefined
  /** Name of the Promotion that brought the collection. */
  readonly promotion?: string | undefined
}

export interface Followed {
  readonly verification: VerificationInfo
  readonly lookAgainMs?: number | undefined
}

export function supportsOf(options: StageOptions): Supported {
  return { verification: options.verifier !== undefined }
}
