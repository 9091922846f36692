/** The gates in the order in which they are judged. */
const everyGate = ['project', 'stage', 'support', 'origin', 'sources'] as const
/** Further gates of a promotion that nobody asked for by hand. */
const autoGates = ['policy', 'hold', 'upstream', 'current', 'history'] as const
/** Further gates when a Promotion is about to be created automatically: nothing alike is under way. */
const createGates = ['duplicate'] as const
/** Further gates when a Promotion is about to go from Pending to Running. */
const startGates = ['steps', 'turn', 'verification'] as const

export type GateName =
  | (typeof everyGate)[number]
  | (typeof autoGates)[number]
  | (typeof createGates)[number]
  | (typeof startGates)[number]

/** The gates that a verdict must hold a proof of before it may allow anything. */
export function requiredGates(
  trigger: 'manual' | 'auto',
  at: 'create' | 'start',
): readonly GateName[] {
  return [
    ...everyGate,
    ...(trigger === 'auto' ? autoGates : []),
    ...(trigger === 'auto' && at === 'create' ? createGates : []),
    ...(at === 'start' ? startGates : []),
  ]
}

/** Stable names of what can block a promotion. */
export type BlockerCode =
  /** Freight and Stage are of different Projects. */
  | 'OtherProject'
  | 'StageDeleting'
  | 'FreightDeleting'
  /** The Stage has no promotion steps: Freight passes through it by itself. */
  | 'ControlFlowStage'
  /** The Stage asks for a gate or a feature that is parsed but does not work yet. */
  | 'NotSupported'
  /** The Stage does not request Freight of this origin. */
  | 'NotRequested'
  /** The Stage names no source for this origin, so only an approval can let the Freight in. */
  | 'NotApproved'
  | 'NotVerifiedUpstream'
  /** Verified upstream, in it now, and the soak time is running: `mayChangeAt` is its exact end. */
  | 'Soaking'
  /** Verified upstream, but it left the Stage before it had soaked there. */
  | 'SoakInterrupted'
  /** A value that a gate depends on cannot be read. */
  | 'Invalid'
  | 'AutoPromotionDisabled'
  | 'HeldBack'
  /** MatchUpstream: the Freight is not what the upstream Stage is at now. */
  | 'NotMatchingUpstream'
  | 'AlreadyCurrent'
  /** Automatic promotion never goes backwards. */
  | 'OlderThanCurrent'
  /** What the Stage is at no longer exists, so it cannot be told what is newer. */
  | 'CurrentFreightMissing'
  /** The same Freight was tried here without success; only a person tries again. */
  | 'FailedBefore'
  /** A Promotion of the same Freight to the same Stage is under way. */
  | 'InProgress'
  /** The Promotion has no steps: it would succeed without doing anything. */
  | 'NoSteps'
  /** The Promotion was ended already. */
  | 'Finished'
  /** Another Promotion of the Stage runs, or is before this one in the queue. */
  | 'WaitingForTurn'
  /** What the Stage is at now is to be verified first. */
  | 'VerificationRunning'

/** A gate that was passed, and what proved it: plain JSON, made to be journaled. */
export interface Gate {
  readonly gate: GateName
  /** Which of the gate's ways was taken, as in `direct`, `approval`, `upstream`. */
  readonly by: string
  readonly proof?: Readonly<Record<string, Proof>> | undefined
}

export type Proof = string | number | boolean | readonly Proof[] | { readonly [key: string]: Proof }

export interface Blocker {
  readonly code: BlockerCode
  readonly gate: GateName
  /** `<Kind>/<name>` of what has to change. */
  readonly subject: string
  /** What is missing and what to do about it; lower case, no trailing stop. */
  readonly message: string
  /** Since when it has been so, epoch milliseconds. */
  readonly since?: number | undefined
  /** When it changes by itself at the earliest, epoch milliseconds. */
  readonly mayChangeAt?: number | undefined
}

/** `evidence` holds one entry for each gate that was passed; when allowed, that is all of them. */
export type Verdict =
  | { readonly allowed: true; readonly evidence: readonly Gate[] }
  | {
      readonly allowed: false
      readonly blockers: readonly Blocker[]
      readonly evidence: readonly Gate[]
    }

/** Blockers that go away without anyone changing a spec: the Promotion keeps its place and waits. */
const waitingCodes: ReadonlySet<BlockerCode> = new Set(['WaitingForTurn', 'VerificationRunning'])

/**
 * What becomes of a Promotion that was judged at its start: `start` it, let it `wait`, or `refuse` it for good (a manual
 * one is Errored with the blockers' sentences, an automatic one is withdrawn: see `withdrawal`).
 */
export function startOutcome(verdict: Verdict): 'start' | 'wait' | 'refuse' {
  if (verdict.allowed) return 'start'
  return verdict.blockers.every(({ code }) => waitingCodes.has(code)) ? 'wait' : 'refuse'
}

/** The blockers' sentences, joined: for error messages and status messages. */
export function describeBlockers(blockers: readonly Blocker[]): string {
  return blockers.map(({ message }) => message).join('; ')
}
