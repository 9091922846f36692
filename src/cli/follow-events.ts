import { setTimeout as wait } from 'node:timers/promises'
import { hasCode } from '../core/errors.ts'
import type { Client, ClientEvent } from './client.ts'
import type { CliIo } from './context.ts'

const againMs = 500

/** What a watched path sends until the signal ends, also across restarts of the server: then the path is asked anew. */
export async function* followEvents(
  io: CliIo,
  client: Client,
  path: () => string,
  signal: AbortSignal,
): AsyncGenerator<ClientEvent> {
  let isLost = false
  while (!signal.aborted) {
    try {
      for await (const event of client.events(path(), signal)) {
        isLost = false
        yield event
      }
    } catch (thrown) {
      if (!hasCode(thrown, 'Unreachable', 'Unavailable')) throw thrown
      if (!isLost) io.err(`lost the connection to ${client.url}: trying again`)
      isLost = true
    }
    // A server that ends each stream at once is not asked without pause.
    await wait(againMs, undefined, { signal }).catch(() => undefined)
  }
}
