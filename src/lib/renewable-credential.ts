/** What of a credential its renewal depends on. */
interface Renewable {
  readonly password?: string | undefined
  /** Absent for what was not exchanged for: asking again gives the same. */
  readonly expiresAt?: number | undefined
  readonly fingerprint: string
}

export interface RenewableCredential<C extends Renewable> {
  readonly current: C | undefined
  /** After a refusal of what was sent: whether there is another one now. Rejects when another cannot be had. */
  renew(sent: C, find: (refused: C) => Promise<C | undefined>): Promise<boolean>
}

/** A credential that is replaced when its issuer took it back before its time. */
export function renewable<C extends Renewable>(first: C | undefined): RenewableCredential<C> {
  let current = first
  return {
    get current() {
      return current
    },
    async renew(sent, find) {
      if (sent.expiresAt === undefined) return false
      if (current?.password === sent.password) {
        const next = await find(sent)
        // Another identity would see what another may.
        if (next?.fingerprint === sent.fingerprint) current = next
      }
      return current?.password !== sent.password
    },
  }
}
