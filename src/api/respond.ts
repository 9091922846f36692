import type { Context } from 'hono'
import type { Answer } from './operation.ts'
import { type StreamParts, streamEvents } from './stream-events.ts'

/** An answer as HTTP. */
export function respond(context: Context, answer: Answer, parts: StreamParts): Response {
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
      return streamEvents(context, answer.events, parts)
  }
}
