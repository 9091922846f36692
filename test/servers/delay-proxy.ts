/**
 * A TCP proxy on loopback that makes a near server look far away: what goes either way arrives half a round trip later,
 * in order, at full bandwidth. HTTP goes through it as it is.
 */
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

export interface DelayProxy {
  readonly port: number
  /** The URL with its host and port replaced by the proxy's. */
  through(url: string): string
  /** Connections accepted so far. */
  readonly connections: number
  close(): Promise<void>
}

export interface DelayProxyOptions {
  /** Port on 127.0.0.1 that everything is passed on to. */
  readonly targetPort: number
  /** Added to every round trip. */
  readonly roundTripMs: number
}

export async function startDelayProxy(options: DelayProxyOptions): Promise<DelayProxy> {
  const { targetPort, roundTripMs } = options
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((near) => {
    connections += 1
    const far = createConnection({ host: '127.0.0.1', port: targetPort })
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    pass(near, far, roundTripMs / 2)
    pass(far, near, roundTripMs / 2)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    through(url) {
      const changed = new URL(url)
      changed.host = `127.0.0.1:${port}`
      return changed.href
    },
    get connections() {
      return connections
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Timers of one length fire in the order in which they were set, so the bytes stay in order. */
function pass(from: Socket, to: Socket, delayMs: number): void {
  const later = (act: () => void): void => {
    setTimeout(() => {
      if (!to.destroyed) act()
    }, delayMs)
  }
  from.on('data', (chunk: Buffer) => later(() => to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => later(() => to.destroy()))
}
