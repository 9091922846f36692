import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/** An HTTP answer that was read whole. */
export interface WireAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive'])

/** The answer as bytes, under whatever length is to be claimed. */
export function bytesOf({ status, headers, body }: WireAnswer, claimedLength: number): Buffer {
  const lines = Object.entries(headers)
    .filter(([name]) => !framing.has(name))
    .flatMap(([name, value]) => [value ?? []].flat().map((each) => `${name}: ${each}`))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`,
    ...lines,
    `content-length: ${claimedLength}`,
    'connection: close',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

/** One byte at a time, until the other side has had enough. */
export function dripInto(socket: Socket, bytes: Buffer, everyMs: number): void {
  let at = 0
  const timer = setInterval(() => {
    if (at >= bytes.length) {
      clearInterval(timer)
      socket.end()
      return
    }
    socket.write(bytes.subarray(at, at + 1))
    at += 1
  }, everyMs)
  socket.once('close', () => clearInterval(timer))
}
