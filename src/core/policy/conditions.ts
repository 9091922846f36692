/** A condition as a rule wants it; whoever writes it adds the time and the generation. */
export interface DesiredCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}
