/** Goes along with the requests of a look at a remote. Whoever sends them tells it what they cost; in memory only. */
export interface RequestMeter {
  /** One request (an HTTP request, or one git command that talks to a remote) went to the host. */
  used(host: string): void
  /** What is left of an allowance, as the host's answer or our own pace says. */
  budget(host: string, budget: RequestBudget): void
  /** Runs a wait for a limit of the host, during which the look keeps nothing that others need. Default: it just waits. */
  aside?(wait: () => Promise<void>): Promise<void>
}

export interface RequestBudget {
  readonly remaining: number
  readonly limit?: number | undefined
  /** Epoch milliseconds: when the allowance is full again, or when the host may be asked again. */
  readonly resetAt?: number | undefined
}
