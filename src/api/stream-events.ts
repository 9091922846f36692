import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { Clock } from '../core/clock.ts'
import type { ServerSentEvent } from './operation.ts'

const keepAliveMs = 30_000
/** A client that takes nothing for so many keepalives is stuck or gone: its connection is closed. */
const maxMissed = 3

export interface StreamParts {
  readonly clock: Clock
  /** Aborted when the client has gone: what the stream is made of ends then. */
  readonly leaving: AbortController
}

/**
 * Events as an HTTP answer. They are pulled as fast as the client takes them and no faster, so a slow one costs no
 * memory; whoever asks for the headers alone gets just those.
 */
export function streamEvents(
  context: Context,
  events: AsyncIterable<ServerSentEvent>,
  { clock, leaving }: StreamParts,
): Response {
  context.header('x-accel-buffering', 'no')
  const isHeadersOnly = context.req.method === 'HEAD'
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => leaving.abort())
    if (isHeadersOnly) stream.abort()
    const stopBeating = beat(stream, clock, () => {
      stream.abort()
      closeConnection(context)
    })
    try {
      for await (const event of isHeadersOnly ? [] : events) {
        if (stream.aborted) return
        await stream.write(formatEvent(event))
      }
    } finally {
      stopBeating()
      leaving.abort()
    }
  })
}

/** Writes a comment every now and then, and calls `cut` when several in a row were not taken. */
function beat(stream: SSEStreamingApi, clock: Clock, cut: () => void): () => void {
  let missed = 0
  let cancel = (): void => undefined
  const next = (): void => {
    if (missed === maxMissed) {
      cut()
      return
    }
    if (missed === 0) void stream.write(': keepalive\n\n').then(() => (missed = 0))
    missed += 1
    cancel = clock.after(keepAliveMs, next)
  }
  cancel = clock.after(keepAliveMs, next)
  return () => cancel()
}

/** What is behind the answer when a server of Node's serves it; a test calls the app without one. */
interface Bindings {
  readonly outgoing?: { destroy(): void }
}

function closeConnection(context: Context<{ Bindings: Bindings }>): void {
  context.env?.outgoing?.destroy()
}

function formatEvent({ event, id, data }: ServerSentEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(data === undefined ? [] : data.split('\n').map((line) => `data: ${line}`)),
  ]
  return `${lines.join('\n')}\n\n`
}
