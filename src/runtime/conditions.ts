import { toTimestamp } from '../core/clock.ts'

/** A Kubernetes condition. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
  lastTransitionTime: string
  observedGeneration?: number | undefined
}

/** Any status that carries conditions. */
export interface Conditioned {
  conditions?: Condition[] | undefined
}

/** What a controller says; the time is ours. */
export interface NewCondition {
  readonly type: string
  readonly status: Condition['status']
  readonly reason: string
  readonly message?: string | undefined
  readonly observedGeneration?: number | undefined
}

const maxMessageBytes = 32_768
const truncationSuffix = ' ... (truncated)'

/**
 * Sets the condition of this type. `lastTransitionTime` moves when the status does, and only then. A condition that
 * says nothing new is left as it is, so that nothing has to be written. `nowMs` is epoch milliseconds.
 */
export function setCondition(status: Conditioned, next: NewCondition, nowMs: number): void {
  const conditions = (status.conditions ??= [])
  const at = conditions.findIndex(({ type }) => type === next.type)
  const old = conditions[at]
  const message = truncateMessage(next.message ?? '')
  if (old !== undefined && isSame(old, next, message)) return
  const condition: Condition = {
    type: next.type,
    status: next.status,
    reason: next.reason,
    message,
    lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : toTimestamp(nowMs),
    ...(next.observedGeneration !== undefined && { observedGeneration: next.observedGeneration }),
  }
  if (at < 0) conditions.push(condition)
  else conditions[at] = condition
}

export function deleteCondition(status: Conditioned, ...types: readonly string[]): void {
  if (status.conditions?.some(({ type }) => types.includes(type)))
    status.conditions = status.conditions.filter(({ type }) => !types.includes(type))
}

/** Deletes every condition but these. */
export function keepConditions(status: Conditioned, ...types: readonly string[]): void {
  if (status.conditions?.some(({ type }) => !types.includes(type)))
    status.conditions = status.conditions.filter(({ type }) => types.includes(type))
}

export function getCondition(status: Conditioned | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

/** The message cut to 32768 bytes at a character's boundary, and marked when it was cut. */
export function truncateMessage(message: string): string {
  if (message.length * 3 <= maxMessageBytes) return message
  const bytes = new TextEncoder().encode(message)
  if (bytes.length <= maxMessageBytes) return message
  let end = maxMessageBytes - truncationSuffix.length
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return new TextDecoder().decode(bytes.subarray(0, end)) + truncationSuffix
}

function isSame(old: Condition, next: NewCondition, message: string): boolean {
  return (
    old.status === next.status &&
    old.reason === next.reason &&
    old.message === message &&
    (next.observedGeneration ?? 0) <= (old.observedGeneration ?? 0)
  )
}
