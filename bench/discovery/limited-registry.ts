import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Requests of an account so far. */
export interface AccountCounts {
  answered: number
  refused: number
}

export interface LimitedRegistry {
  /** On 127.0.0.1. */
  readonly port: number
  readonly counts: ReadonlyMap<string, Readonly<AccountCounts>>
  close(): Promise<void>
}

/** In front of a registry: asks for an account, and allows each so many requests in six hours, as Docker Hub does. */
export async function limitRequests(targetPort: number, allowed: number): Promise<LimitedRegistry> {
  const counts = new Map<string, AccountCounts>()
  const server = createServer((request, response) => {
    request.resume()
    const { authorization } = request.headers
    if (authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
      return
    }
    const [account = ''] = Buffer.from(authorization.slice(6), 'base64').toString().split(':')
    const count = counts.get(account) ?? { answered: 0, refused: 0 }
    counts.set(account, count)
    if (count.answered >= allowed) {
      count.refused += 1
      response.writeHead(429, { 'retry-after': '21600' }).end()
      return
    }
    count.answered += 1
    const { method, url: path } = request
    const headers = { ...request.headers, authorization: undefined }
    const { accept, 'if-none-match': etag, host } = headers
    const passed = { host, ...(accept && { accept }), ...(etag && { 'if-none-match': etag }) }
    httpRequest(
      { host: '127.0.0.1', port: targetPort, method, path, headers: passed },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        answer.pipe(response)
      },
    )
      .once('error', () => response.destroy())
      .end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    counts,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
