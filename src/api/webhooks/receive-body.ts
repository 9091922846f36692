import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'

/** What is thrown away of a body that is too large, so that its sender gets to read the answer. */
const maxDrainBytes = 4 * 1024 * 1024
const maxDrainMs = 1000

/**
 * The body, with at most `maxBytes`. Rejects with TooLarge as soon as it is known to be longer (by its header or by what
 * came), with Timeout when the sender takes its time, with Canceled when it goes away.
 */
export function receiveBody(
  incoming: IncomingMessage,
  clock: Clock,
  { maxBodyBytes, bodyMs }: { readonly maxBodyBytes: number; readonly bodyMs: number },
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let tooLarge: GantryError | undefined
    const end = (settle: () => void): void => {
      cancel()
      incoming.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close')
      settle()
    }
    const fail = (error: GantryError): void => end(() => reject(error))
    let cancel = clock.after(bodyMs, () =>
      fail(new GantryError('Timeout', `the body did not arrive within ${bodyMs / 1000} s`)),
    )
    const refuse = (): GantryError => {
      const error = new GantryError('TooLarge', `the body is larger than ${maxBodyBytes} bytes`)
      chunks.length = 0
      cancel()
      cancel = clock.after(maxDrainMs, () => fail(error))
      return error
    }
    if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) tooLarge = refuse()
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (tooLarge === undefined && size > maxBodyBytes) tooLarge = refuse()
      if (tooLarge === undefined) chunks.push(chunk)
      else if (size > maxBodyBytes + maxDrainBytes) fail(tooLarge)
    })
    incoming.on('end', () =>
      tooLarge === undefined ? end(() => resolve(Buffer.concat(chunks))) : fail(tooLarge),
    )
    incoming.on('error', () => undefined)
    incoming.on('close', () => fail(new GantryError('Canceled', 'the sender went away')))
  })
}
