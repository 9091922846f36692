/**
 * A second account of what may enter a Stage, kept from the events alone: who stayed where from when to when, what was
 * verified and approved when, who promoted what by hand. It shares no code with the policy and reads no status.
 */
export interface OracleRequest {
  readonly direct: boolean
  readonly stages: readonly string[]
  readonly soakMs: number
  readonly all: boolean
}

export interface OracleStage {
  readonly controlFlow: boolean
  readonly requests: ReadonlyMap<string, OracleRequest>
}

/** What a Stage was promoted to with success, and what its verifications came to. */
interface Held {
  readonly items: ReadonlyMap<string, string>
  state: 'open' | 'passed' | 'failed'
}

interface Stay {
  readonly from: number
  to: number | undefined
}

export class Oracle {
  readonly #origins = new Map<string, string>()
  readonly #stays = new Map<string, Stay[]>()
  readonly #verified = new Map<string, number>()
  readonly #approved = new Set<string>()
  readonly #intents = new Map<string, { name: string; hold: boolean; aborted: boolean }[]>()
  readonly #stages = new Map<string, OracleStage>()
  readonly #held = new Map<string, Held[]>()
  readonly #failed = new Set<string>()

  /** The Stage is, or was changed to be, like this. */
  defined(stage: string, facts: OracleStage): void {
    this.#stages.set(stage, facts)
  }

  /** A promotion to the Stage succeeded, and brought these; origin to Freight. */
  succeeded(stage: string, items: ReadonlyMap<string, string>): void {
    const held = [{ items, state: 'open' as const }, ...(this.#held.get(stage) ?? [])]
    this.#held.set(stage, held.slice(0, 10))
  }

  /** A promotion of the Freight ended in any other way. */
  failed(stage: string, freight: string): void {
    this.#failed.add(`${stage} ${freight}`)
  }

  hasFailed(stage: string, freight: string): boolean {
    return this.#failed.has(`${stage} ${freight}`)
  }

  /** A verification of what the Stage is at ended. */
  judged(stage: string, passed: boolean): void {
    const [held] = this.#held.get(stage) ?? []
    if (held === undefined || held.state === 'passed') return
    held.state = passed ? 'passed' : 'failed'
  }

  /** Whether the Stage, when it was last at this Freight, did not pass verification. */
  wasBad(stage: string, freight: string): boolean {
    const held = (this.#held.get(stage) ?? []).find(({ items }) =>
      [...items.values()].includes(freight),
    )
    return held?.state === 'failed'
  }

  /** What the Stage keeps of an origin when it is promoted to Freight of another one. */
  kept(stage: string, origin: string): string | undefined {
    const holding = (this.#held.get(stage) ?? []).filter(({ items }) => items.has(origin))
    return (holding.find(({ state }) => state !== 'failed') ?? holding[0])?.items.get(origin)
  }

  /** Whether a Stage is at the Freight; a control-flow Stage is at what it let through and what is before it is at. */
  isAt(stage: string, freight: string): boolean {
    const facts = this.#stages.get(stage)
    if (facts?.controlFlow !== true)
      return (this.#stays.get(`${stage} ${freight}`) ?? []).some(({ to }) => to === undefined)
    if (!this.#verified.has(`${stage} ${freight}`)) return false
    const request = facts.requests.get(this.#origins.get(freight) ?? '')
    if (request === undefined || request.direct || this.#approved.has(`${stage} ${freight}`))
      return true
    return this.#upstreamAt(request, freight)
  }

  matchesUpstream(stage: string, freight: string): boolean {
    const request = this.#stages.get(stage)?.requests.get(this.#origins.get(freight) ?? '')
    return request !== undefined && this.#upstreamAt(request, freight)
  }

  #upstreamAt(request: OracleRequest, freight: string): boolean {
    const at = request.stages.map((stage) => this.isAt(stage, freight))
    return at.length > 0 && (request.all ? !at.includes(false) : at.includes(true))
  }

  discovered(freight: string, origin: string): void {
    this.#origins.set(freight, origin)
  }

  /** The Stage is at exactly these now. */
  moved(stage: string, freight: ReadonlySet<string>, now: number): void {
    for (const name of this.#origins.keys()) {
      const stays = this.#stays.get(`${stage} ${name}`) ?? []
      const open = stays.find(({ to }) => to === undefined)
      if (open !== undefined && !freight.has(name)) open.to = now
      if (open === undefined && freight.has(name))
        this.#stays.set(`${stage} ${name}`, [...stays, { from: now, to: undefined }])
    }
  }

  verified(stage: string, freight: string, at: number): void {
    if (!this.#verified.has(`${stage} ${freight}`)) this.#verified.set(`${stage} ${freight}`, at)
  }

  approved(stage: string, freight: string): void {
    this.#approved.add(`${stage} ${freight}`)
  }

  intended(stage: string, origin: string, name: string, hold: boolean): void {
    const key = `${stage} ${origin}`
    this.#intents.set(key, [...(this.#intents.get(key) ?? []), { name, hold, aborted: false }])
  }

  aborted(name: string): void {
    for (const intents of this.#intents.values())
      for (const intent of intents) if (intent.name === name) intent.aborted = true
  }

  /** Whether the newest intent of a person that was not aborted holds the origin back. */
  isHeld(stage: string, origin: string): boolean {
    const intents = this.#intents.get(`${stage} ${origin}`) ?? []
    return intents.findLast(({ aborted }) => !aborted)?.hold === true
  }

  isAvailable(stage: string, freight: string, now: number): boolean {
    const request = this.#stages.get(stage)?.requests.get(this.#origins.get(freight) ?? '')
    if (request === undefined) return false
    if (this.#approved.has(`${stage} ${freight}`) || request.direct) return true
    return this.#passed(request, freight, request.soakMs, now)
  }

  #passed(request: OracleRequest, freight: string, soakMs: number, now: number): boolean {
    const passes = request.stages.map((stage) => this.#hasSoaked(stage, freight, soakMs, now))
    return passes.length > 0 && (request.all ? !passes.includes(false) : passes.includes(true))
  }

  #hasSoaked(stage: string, freight: string, soakMs: number, now: number): boolean {
    const verifiedAt = this.#verified.get(`${stage} ${freight}`)
    if (verifiedAt === undefined) return false
    if (soakMs === 0) return true
    const facts = this.#stages.get(stage)
    if (facts?.controlFlow !== true)
      return (this.#stays.get(`${stage} ${freight}`) ?? []).some(
        ({ from, to = now }) => verifiedAt <= to && to - from >= soakMs,
      )
    const request = facts.requests.get(this.#origins.get(freight) ?? '')
    const came = request === undefined || request.direct || request.stages.length === 0
    return came || this.#approved.has(`${stage} ${freight}`)
      ? now - verifiedAt >= soakMs
      : this.#passed(request, freight, soakMs, now)
  }
}
