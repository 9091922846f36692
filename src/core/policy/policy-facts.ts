/** What the Project's and the cluster's configuration say about one Stage: see `stage-policy.ts`. */
export interface StagePolicy {
  readonly autoPromotionEnabled: boolean
  /** Newer automatic promotions take the place of queued older ones: `supersede.ts`. */
  readonly supersedeQueued: boolean
  /** Names of the promotion windows that apply to the Stage. They do not work yet, so any of them blocks. */
  readonly windows: readonly string[]
  /** Why the configuration could not be read, as a sentence. Automatic promotion is off then. */
  readonly problem?: string | undefined
}

/** Gates that are parsed but may not be there yet. What is not named here blocks as NotSupported. */
export interface Supported {
  readonly verification?: boolean | undefined
}
