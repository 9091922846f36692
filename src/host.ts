/**
 * A git host (GitHub, GitLab, ...): one file in `hosts/`. Asking twice for the same pull request gives the same one.
 */
export interface Host {
  readonly kind: string
  readonly summary: string
  /** Whether a repository URL belongs to this host by its name alone. */
  matches(repoURL: string): boolean
  /** The page of a commit, for people. */
  commitURL(repoURL: string, commit: string): string
  openPullRequest(ctx: HostContext, request: OpenPullRequest): Promise<PullRequest>
  findPullRequest(
    ctx: HostContext,
    query: { sourceBranch: string; targetBranch: string },
  ): Promise<PullRequest | undefined>
  getPullRequest(ctx: HostContext, number: number): Promise<PullRequest>
  mergePullRequest(
    ctx: HostContext,
    number: number,
    method: string | undefined,
  ): Promise<PullRequest>
}

export interface HostContext {
  readonly repoURL: string
  readonly token: string
  readonly insecureSkipTLSVerify: boolean
  readonly signal: AbortSignal
}

export interface OpenPullRequest {
  readonly sourceBranch: string
  readonly targetBranch: string
  readonly title: string
  readonly description: string
  readonly labels: readonly string[]
}

export interface PullRequest {
  readonly number: number
  readonly url: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly headCommit: string
  readonly mergeCommit?: string | undefined
  readonly mergeable?: boolean | undefined
}
