/** Serves texts over HTTP on loopback, with ETags, Last-Modified and basic auth as a chart repository or a CDN has them. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DocumentServer {
  readonly url: string
  readonly port: number
  /** What is there, by path. */
  readonly documents: Map<string, string>
  /** Every request, in order. May be emptied. */
  readonly log: {
    readonly path: string
    readonly authorization: string | undefined
    readonly status: number
  }[]
  /** Every request is answered so from now on. */
  failWith(status: number, headers?: Readonly<Record<string, string>>): void
  /** Requests are answered as they should be again. */
  heal(): void
  close(): Promise<void>
}

export interface DocumentServerOptions {
  readonly username?: string
  readonly password?: string
  /** What changes are told by; default `etag`. */
  readonly validator?: 'etag' | 'last-modified' | 'none'
}

export async function startDocumentServer(
  options: DocumentServerOptions = {},
): Promise<DocumentServer> {
  const { username, password, validator = 'etag' } = options
  const documents = new Map<string, string>()
  const log: { path: string; authorization: string | undefined; status: number }[] = []
  let failure: { status: number; headers: Readonly<Record<string, string>> } | undefined
  const wanted =
    username === undefined ? undefined : `Basic ${btoa(`${username}:${password ?? ''}`)}`

  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const { authorization } = request.headers
    const answer = (status: number, body = '', headers: Record<string, string> = {}): void => {
      log.push({ path, authorization, status })
      response.writeHead(status, headers)
      response.end(body)
    }
    if (failure !== undefined) return answer(failure.status, 'a fault', { ...failure.headers })
    if (wanted !== undefined && authorization !== wanted) {
      return answer(401, 'who are you?', { 'www-authenticate': 'Basic realm="test"' })
    }
    const text = documents.get(path)
    if (text === undefined) return answer(404, 'not here')
    const hash = createHash('sha256').update(text).digest('hex')
    // A date of its own for each text, as far as a test can tell.
    const date = new Date((Number.parseInt(hash.slice(0, 8), 16) % 1e9) * 1000).toUTCString()
    const isSame =
      validator === 'etag'
        ? request.headers['if-none-match'] === `"${hash}"`
        : validator === 'last-modified' && request.headers['if-modified-since'] === date
    const headers: Record<string, string> =
      validator === 'etag'
        ? { etag: `"${hash}"` }
        : validator === 'last-modified'
          ? { 'last-modified': date }
          : {}
    return isSame ? answer(304, '', headers) : answer(200, text, headers)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an AddressInfo.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    documents,
    log,
    failWith(status, headers = {}) {
      failure = { status, headers }
    },
    heal() {
      failure = undefined
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
