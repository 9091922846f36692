/** What is known of the looks of a Warehouse, as the API serves it, the command prints it and the page draws it. */

export interface DiscoveryView {
  readonly warehouse: string
  /** When this was said, RFC 3339: the other times are to be compared with it, not with the reader's clock. */
  readonly now: string
  readonly subscriptions: readonly SubscriptionView[]
}

export type SubscriptionState =
  /** A look is under way. */
  | 'Looking'
  /** The last look of this process succeeded. */
  | 'Current'
  /** The last look failed; what was found before, if anything, is kept. */
  | 'Failing'
  /** This process has not looked yet; what an earlier one found, if anything, is kept. */
  | 'NotSeen'
  /** It cannot be looked at as it is written. */
  | 'Broken'

/** Times are RFC 3339. */
export interface SubscriptionView {
  readonly index: number
  readonly name?: string
  /** As in `image`; absent where that cannot be told. */
  readonly type?: string
  /** Normalised address, without credentials. */
  readonly remote?: string
  readonly state: SubscriptionState
  /** Whether the artifacts are what the last look found, and that succeeded. */
  readonly isFresh: boolean
  /** The result is used although the last look failed, until then. */
  readonly staleUntil?: string
  readonly runningSince?: string
  readonly lastLookAt?: string
  /** When the remote was last seen as it is in the result. */
  readonly seenAt?: string
  readonly changedAt?: string
  /** Absent while a look is under way, and when there will be none. */
  readonly nextLookAt?: string
  readonly failures: number
  readonly error?: { readonly code: string; readonly message: string; readonly since?: string }
  readonly requests: { readonly lastLook: number; readonly total: number }
  readonly budgets: readonly BudgetView[]
  /** How many artifacts are known, and the best one's name. */
  readonly artifacts: number
  readonly best?: string
}

export interface BudgetView {
  readonly host: string
  readonly remaining: number
  readonly limit?: number
  readonly resetAt?: string
}
