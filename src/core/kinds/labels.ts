/** Names of the labels, annotations and the finalizer that Gantry shares with Kargo. */

export const finalizer = 'kargo.akuity.io/finalizer'

export const labels = {
  project: 'kargo.akuity.io/project',
  shard: 'kargo.akuity.io/shard',
  alias: 'kargo.akuity.io/alias',
  stage: 'kargo.akuity.io/stage',
  freightCollection: 'kargo.akuity.io/freight-collection',
  credType: 'kargo.akuity.io/cred-type',
  controller: 'kargo.akuity.io/controller',
  replicatedFrom: 'kargo.akuity.io/replicated-from',
  replicatedSha: 'kargo.akuity.io/replicated-sha',
  apiToken: 'rbac.kargo.akuity.io/api-token',
  systemRole: 'rbac.kargo.akuity.io/system-role',
} as const

export const annotations = {
  refresh: 'kargo.akuity.io/refresh',
  reverify: 'kargo.akuity.io/reverify',
  abort: 'kargo.akuity.io/abort',
  createActor: 'kargo.akuity.io/create-actor',
  autoPromotionHold: 'kargo.akuity.io/auto-promotion-hold',
  autoPromotionResume: 'kargo.akuity.io/auto-promotion-resume',
  rollback: 'kargo.akuity.io/rollback',
  stage: 'kargo.akuity.io/stage',
  promotion: 'kargo.akuity.io/promotion',
  argocdContext: 'kargo.akuity.io/argocd-context',
  authorizedStage: 'kargo.akuity.io/authorized-stage',
  keepNamespace: 'kargo.akuity.io/keep-namespace',
  replicateTo: 'kargo.akuity.io/replicate-to',
  replicatedAt: 'kargo.akuity.io/replicated-at',
  githubTokenScopes: 'kargo.akuity.io/github-token-scopes',
  description: 'kargo.akuity.io/description',
  color: 'kargo.akuity.io/color',
  migrated: 'kargo.akuity.io/migrated',
  /** On the Secret of an API token: the ServiceAccount that it stands for, by name and by uid. */
  tokenAccount: 'kubernetes.io/service-account.name',
  tokenAccountUid: 'kubernetes.io/service-account.uid',
  rbacManaged: 'rbac.kargo.akuity.io/managed',
  rbacClaims: 'rbac.kargo.akuity.io/claims',
  /** Followed by the name of a claim. */
  rbacClaimPrefix: 'rbac.kargo.akuity.io/claim.',
} as const

/** Prefix of the annotations of Events. */
export const eventAnnotationPrefix = 'event.kargo.akuity.io/'
