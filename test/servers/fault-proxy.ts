/**
 * A reverse proxy on loopback that passes HTTP on as it is until it is told what should go wrong. Faults happen on the
 * wire: what a client meets is a real socket that is silent, slow, cut off, or tells lies.
 */
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { bytesOf, dripInto, type WireAnswer } from './wire-answer.ts'

/** What goes wrong with one request. */
export type Fault =
  /** The connection is accepted and nothing ever comes back. */
  | { readonly kind: 'black-hole' }
  /** The connection is reset instead of answered. */
  | { readonly kind: 'reset' }
  /** The real answer, one byte at a time; default one each 100 ms. */
  | { readonly kind: 'slow-loris'; readonly everyMs?: number }
  /** The real head, as much of the body as asked for (default: half of it), and the connection ends. */
  | { readonly kind: 'early-eof'; readonly afterBytes?: number }
  /** Only the first half of the body, under a content-length that fits: looks whole, is not. */
  | { readonly kind: 'truncated' }
  /** The real body under a content-length that is off by so much: above 0 promises more than comes. */
  | { readonly kind: 'wrong-length'; readonly by: number }
  /** This instead of the real answer. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Sent elsewhere; the path is appended to an address that ends in its origin. Default 307. */
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }

export interface Trouble {
  readonly fault: Fault
  /** Only for requests whose path (with its query) fits; without it for connections too, before a byte is read. */
  readonly path?: RegExp
  readonly method?: string
  /** How many times; default until `heal`. */
  readonly times?: number
}

export interface ProxiedRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  /** What happened to it; `none`: it was passed on. */
  readonly fault: Fault['kind'] | 'none'
}

export interface FaultProxy {
  readonly port: number
  /** As in `http://127.0.0.1:4711`. */
  readonly url: string
  /** The URL with its host and port replaced by the proxy's. */
  through(url: string): string
  /** Every request that was read, in order. May be emptied. */
  readonly log: ProxiedRequest[]
  inject(trouble: Trouble): void
  /** Everything works again, and whoever hangs is cut off. */
  heal(): void
  close(): Promise<void>
}

export interface FaultProxyOptions {
  /** Port on 127.0.0.1 that requests are passed on to. */
  readonly targetPort: number
}

export async function startFaultProxy({ targetPort }: FaultProxyOptions): Promise<FaultProxy> {
  const troubles: { readonly trouble: Trouble; left: number }[] = []
  const log: ProxiedRequest[] = []
  const sockets = new Set<Socket>()
  const hanging = new Set<Socket>()
  const hang = (socket: Socket): void => {
    hanging.add(socket)
    socket.once('close', () => hanging.delete(socket))
  }

  const take = (fits: (trouble: Trouble) => boolean): Fault | undefined => {
    const found = troubles.find(({ trouble, left }) => left > 0 && fits(trouble))
    if (found !== undefined) found.left -= 1
    return found?.trouble.fault
  }

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/', socket } = request
    const fault = take(
      (trouble) =>
        (trouble.method === undefined || trouble.method === method) &&
        (trouble.path === undefined || trouble.path.test(path)),
    )
    const { authorization } = request.headers
    log.push({ method, path, authorization, fault: fault?.kind ?? 'none' })
    if (fault === undefined) return passOn(request, response, targetPort)
    switch (fault.kind) {
      case 'black-hole':
        return hang(socket)
      case 'reset':
        socket.resetAndDestroy()
        return undefined
      case 'status':
        request.resume()
        response.writeHead(fault.status, fault.headers)
        response.end(method === 'HEAD' ? undefined : (fault.body ?? ''))
        return undefined
      case 'redirect':
        request.resume()
        response.writeHead(fault.status ?? 307, { location: locationOf(fault.to, path) })
        response.end()
        return undefined
      default:
        return spoil(fault, await fetchWhole(request, targetPort), socket, hang)
    }
  }

  const http = createHttpServer((request, response) => {
    onRequest(request, response).catch(() => request.socket.destroy())
  })
  // A socket that hangs would otherwise be ended by node's own patience.
  http.requestTimeout = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const isWhole = ({ path, method }: Trouble): boolean =>
      path === undefined && method === undefined
    const fault = take(
      (trouble) => isWhole(trouble) && ['black-hole', 'reset'].includes(trouble.fault.kind),
    )
    if (fault?.kind === 'black-hole') hang(socket)
    else if (fault?.kind === 'reset') socket.resetAndDestroy()
    else http.emit('connection', socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an AddressInfo.
  const { port } = server.address() as AddressInfo

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    through(url) {
      const changed = new URL(url)
      changed.host = `127.0.0.1:${port}`
      return changed.href
    },
    log,
    inject: (trouble) => void troubles.push({ trouble, left: trouble.times ?? Infinity }),
    heal() {
      troubles.length = 0
      for (const socket of hanging) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function locationOf(to: string, path: string): string {
  return new URL(to).pathname === '/' && !to.endsWith('/') ? `${to}${path}` : to
}

function askTarget(
  request: IncomingMessage,
  port: number,
  onAnswer: (answer: IncomingMessage) => void,
  onFailure: (error: Error) => void,
): void {
  const { method, url: path, headers } = request
  const asked = httpRequest({ host: '127.0.0.1', port, method, path, headers }, onAnswer)
  asked.once('error', onFailure)
  request.pipe(asked)
}

function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  askTarget(
    request,
    port,
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    },
    () => response.destroy(),
  )
}

function fetchWhole(request: IncomingMessage, port: number): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage): void => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.once('error', reject)
      answer.once('end', () => {
        const { statusCode: status = 502, headers } = answer
        resolve({ status, headers, body: Buffer.concat(chunks) })
      })
    }
    askTarget(request, port, onAnswer, reject)
  })
}

/** Writes the answer past node's own HTTP, which would not lie. */
function spoil(
  fault: Extract<Fault, { kind: 'slow-loris' | 'early-eof' | 'truncated' | 'wrong-length' }>,
  answer: WireAnswer,
  socket: Socket,
  hang: (socket: Socket) => void,
): void {
  const { body } = answer
  const half = Math.floor(body.length / 2)
  switch (fault.kind) {
    case 'slow-loris':
      hang(socket)
      dripInto(socket, bytesOf(answer, body.length), fault.everyMs ?? 100)
      return
    case 'early-eof': {
      const kept = body.subarray(0, fault.afterBytes ?? half)
      socket.end(bytesOf({ ...answer, body: kept }, body.length))
      return
    }
    case 'truncated':
      socket.end(bytesOf({ ...answer, body: body.subarray(0, half) }, half))
      return
    case 'wrong-length':
      socket.end(bytesOf(answer, Math.max(0, body.length + fault.by)))
  }
}
