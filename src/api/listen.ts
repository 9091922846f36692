import { type RequestListener, type Server, createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { GantryError } from '../core/errors.ts'
import type { App } from './app.ts'

export interface Listening {
  readonly port: number
  /** Takes no new connections, ends event streams, and gives requests `graceMs` to finish. */
  close(graceMs: number): Promise<void>
}

/** How long a client may take to send its headers, and its whole request. */
const headersTimeoutMs = 20_000
const requestTimeoutMs = 60_000

/** The app as a listener of Node's server. */
export function appListener(app: App): RequestListener {
  const answer = getRequestListener((request, bindings) => {
    const address = bindings.incoming.socket.remoteAddress
    return app.fetch(request, { ...bindings, address })
  })
  return (incoming, outgoing) => void answer(incoming, outgoing)
}

/** Serves requests. Throws Unavailable with one sentence when the port is taken or the address is not ours. */
export async function listen(
  answer: RequestListener,
  address: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
    answer,
  )
  let isClosing = false
  // A connection whose last answer ends now would otherwise be kept for the next request, which nobody would answer.
  server.prependListener('request', (_incoming, outgoing) => {
    outgoing.once('finish', () => {
      if (isClosing) setImmediate(() => server.closeIdleConnections())
    })
  })
  const port = await bind(server, address)
  return {
    port,
    close: (graceMs) =>
      new Promise((resolve) => {
        isClosing = true
        const force = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(force)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

function bind(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'something else listens there; choose another --port'
          : error.message
      reject(
        new GantryError('Unavailable', `cannot listen on ${host}:${port}: ${why}`, {
          cause: error,
        }),
      )
    })
    server.listen(port, host, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
    })
  })
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return loopback.has(host) || host.startsWith('127.')
}
