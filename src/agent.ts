/** A GitOps agent (Argo CD, Flux): one file in `agents/`. It deploys what git says; this is how Gantry talks to it. */
export interface Agent {
  readonly kind: string
  readonly summary: string
  /** Asks for a sync of the application to these revisions, one per source. Asking twice is asking once. */
  sync(ctx: AgentContext, application: ApplicationRef, revisions: readonly string[]): Promise<void>
  status(ctx: AgentContext, application: ApplicationRef): Promise<ApplicationStatus>
}

export interface AgentContext {
  readonly project: string
  readonly stage: string
  readonly promotion: string
  readonly signal: AbortSignal
}

export interface ApplicationRef {
  readonly name: string
  readonly namespace: string
}

export interface ApplicationStatus {
  readonly health: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown'
  readonly synced: boolean
  readonly revisions: readonly string[]
  readonly operation: 'None' | 'Running' | 'Succeeded' | 'Failed' | 'Error'
  readonly message?: string | undefined
}
