import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Answer, ServerSentEvent } from './operation.ts'

const keepAliveMs = 30_000

/** An answer as HTTP. `leaving` aborts when the client of an event stream has gone. */
export function respond(context: Context, answer: Answer, leaving: AbortController): Response {
  switch (answer.type) {
    case 'json':
      return new Response(JSON.stringify(answer.body), {
        status: answer.status,
        headers: {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          ...answer.headers,
        },
      })
    case 'text':
      return new Response(answer.body, {
        status: answer.status,
        headers: { 'content-type': answer.contentType },
      })
    case 'empty':
      return new Response(null, {
        status: answer.status,
        ...(answer.headers && { headers: answer.headers }),
      })
    case 'events':
      context.header('x-accel-buffering', 'no')
      return streamSSE(context, async (stream) => {
        stream.onAbort(() => leaving.abort())
        const keepAlive = setInterval(() => void stream.write(': keepalive\n\n'), keepAliveMs)
        keepAlive.unref()
        try {
          for await (const event of answer.events) {
            if (stream.aborted) return
            await stream.write(formatEvent(event))
          }
        } finally {
          clearInterval(keepAlive)
          leaving.abort()
        }
      })
  }
}

function formatEvent({ event, id, data }: ServerSentEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(data === undefined ? [] : data.split('\n').map((line) => `data: ${line}`)),
  ]
  return `${lines.join('\n')}\n\n`
}
