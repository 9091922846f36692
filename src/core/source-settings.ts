/** What the operator says about all subscriptions. */
export interface SourceSettings {
  /**
   * Whether images may be remembered by tag: `Allow` does as a subscription says, `Forbid` never, `Require` refuses
   * subscriptions that do not ask for it, `Force` always.
   */
  readonly cacheByTag: CacheByTagPolicy
}

export const cacheByTagPolicies = ['Allow', 'Forbid', 'Require', 'Force'] as const
export type CacheByTagPolicy = (typeof cacheByTagPolicies)[number]

export const defaultSourceSettings: SourceSettings = { cacheByTag: 'Allow' }
