/**
 * A proxy as companies run them: plain http is forwarded, everything else tunnelled by
 * CONNECT, with an account of its own if wanted. It counts, and for it every name is this machine.
 */
import { createServer, request as ask, type IncomingMessage } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'

export interface ForwardProxyOptions {
  readonly account?: { readonly username: string; readonly password: string } | undefined
}

export interface ForwardProxy {
  readonly url: string
  /** With the account, as an operator writes it into a variable. */
  readonly urlWithAccount: string
  /** `host:port` of each tunnel. */
  readonly tunnelled: string[]
  /** The whole address of each forwarded request. */
  readonly forwarded: string[]
  /** Requests that came without the account. */
  readonly refused: string[]
  close(): Promise<void>
}

export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const { account } = options
  const tunnelled: string[] = []
  const forwarded: string[] = []
  const refused: string[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  }
  const isLetIn = ({ headers, url = '' }: IncomingMessage): boolean => {
    if (account === undefined) return true
    const pair = Buffer.from(`${account.username}:${account.password}`).toString('base64')
    if (headers['proxy-authorization'] === `Basic ${pair}`) return true
    refused.push(url)
    return false
  }

  const server = createServer((request, response) => {
    if (!isLetIn(request))
      return response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
    const url = new URL(request.url ?? '')
    forwarded.push(url.href)
    const {
      'proxy-authorization': _account,
      'proxy-connection': _kept,
      ...headers
    } = request.headers
    const far = ask(
      {
        host: '127.0.0.1',
        port: url.port,
        path: url.pathname + url.search,
        method: request.method,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    far.on('error', () => response.destroy())
    return request.pipe(far)
  })
  server.on('connect', (request: IncomingMessage, near: Socket) => {
    keep(near)
    const target = request.url ?? ''
    if (!isLetIn(request)) {
      near.end(
        'HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm="proxy"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
      )
      return
    }
    tunnelled.push(target)
    const far = createConnection({ host: '127.0.0.1', port: Number(/:(\d+)$/u.exec(target)?.[1]) })
    keep(far)
    far.once('connect', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n')
      near.pipe(far).pipe(near)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { username = '', password = '' } = account ?? {}
  const [user, word] = [encodeURIComponent(username), encodeURIComponent(password)]
  return {
    url: `http://127.0.0.1:${port}`,
    urlWithAccount: `http://${user}:${word}@127.0.0.1:${port}`,
    tunnelled,
    forwarded,
    refused,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
