import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { isTerminal, type Promotion, PromotionKind } from '../core/kinds/promotion.ts'
import type { Client } from './client.ts'
import { type CliIo, projectPath } from './context.ts'
import { followEvents } from './follow-events.ts'

/** Follows a Promotion to its end, saying each change of phase or step. Throws NotSucceeded unless it succeeded. */
export async function waitForEnd(
  io: CliIo,
  client: Client,
  project: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const path = projectPath(project, 'promotions', name)
  let said = ''
  for await (const { event, data } of followEvents(
    io,
    client,
    () => `${path}?watch=true`,
    signal,
  )) {
    const change: unknown = JSON.parse(data)
    if (event === 'error' || !isJsonObject(change)) continue
    const { status } = parsePromotion(change['object'])
    const line = describe(status)
    if (line !== said) io.err(line)
    said = line
    if (!isTerminal(status?.phase)) continue
    if (status?.phase === 'Succeeded') return
    const reason = status?.message ? `: ${status.message}` : ''
    throw new GantryError('NotSucceeded', `promotion ${name} ended ${status?.phase ?? ''}${reason}`)
  }
  throw new GantryError(
    io.signal.aborted ? 'Canceled' : 'Timeout',
    `promotion ${name} has not ended yet; look at it with \`gantry get promotion ${name}\``,
  )
}

/** How a Promotion ended, as the server shows it; undefined while it goes on. */
export function endOf(promotion: unknown): string | undefined {
  const phase = parsePromotion(promotion).status?.phase
  return isTerminal(phase) ? phase : undefined
}

function parsePromotion(value: unknown): Promotion {
  const parsed = PromotionKind.schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new GantryError('Internal', 'the server answered with something that is not a Promotion')
}

function describe(status: Promotion['status']): string {
  const phase = status?.phase ?? 'Pending'
  const current = status?.stepExecutionMetadata?.at(-1)
  return phase === 'Running' && current?.alias !== undefined ? `${phase}: ${current.alias}` : phase
}
