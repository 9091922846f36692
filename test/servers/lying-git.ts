/**
 * A proxy before a git server that adds refs to what the server lists, byte for byte as given: what no git would store,
 * but what a server may say. Checked against git's own `gitprotocol-http` and `gitprotocol-pack`: the fetch itself is
 * the real server's.
 */
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface LyingGit {
  /** The same address, through the proxy. */
  through(url: string): string
  close(): Promise<void>
}

export interface Lie {
  readonly id: string
  /** The whole name of the ref; each character is one byte. */
  readonly name: string
}

export async function startLyingGit(targetPort: number, lies: readonly Lie[]): Promise<LyingGit> {
  const server = createServer((request, response) => {
    const { url, method, headers } = request
    const isList = url?.includes('/info/refs') === true
    const near = ask(
      {
        port: targetPort,
        path: url,
        method,
        // The newer protocol lists refs elsewhere: this one is spoken by every client.
        headers: { ...headers, ...(isList && { 'git-protocol': 'version=0' }) },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const body = Buffer.concat(chunks)
          const { 'content-length': _length, ...others } = answer.headers
          response.writeHead(answer.statusCode ?? 500, others)
          response.end(isList ? withLies(body, lies) : body)
        })
      },
    )
    near.on('error', () => response.destroy())
    request.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    through: (url) => url.replace(/:\d+\//u, `:${port}/`),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function withLies(body: Buffer, lies: readonly Lie[]): Buffer {
  const lines = lies.map(({ id, name }) => {
    const line = Buffer.from(`${id} ${name}\n`, 'latin1')
    return Buffer.concat([Buffer.from((line.length + 4).toString(16).padStart(4, '0')), line])
  })
  const end = body.length - '0000'.length
  return Buffer.concat([body.subarray(0, end), ...lines, body.subarray(end)])
}
