/**
 * An OCI distribution registry on loopback, in memory: pull, push, tags with paging, HEAD, ETags, referrers, basic and
 * token auth, an access log, and faults to inject. Written against the OCI distribution specification 1.1.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createDoorman, type RegistryAuth } from './registry-auth.ts'
import { answer, errorBody } from './registry-routes.ts'
import { createRepo, type StoredRepo } from './registry-storage.ts'

export { pushSampleImage, type SampleImage } from './registry-images.ts'

export interface RegistryOptions {
  readonly port?: number
  readonly host?: string
  readonly auth?: RegistryAuth
  /** Tags per page when the client asks for more or for nothing; default 1000. */
  readonly pageSize?: number
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface RegistryRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly ifNoneMatch: string | undefined
  status: number
}

/** What goes wrong, for requests that match. */
export interface RegistryFault {
  readonly method?: string
  readonly path?: RegExp
  /** How many matching requests it hits; default 1. */
  readonly times?: number
  /** Answered instead of the real thing; without it the request is only delayed. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly delayMs?: number
}

export interface Registry {
  /** As in `http://127.0.0.1:5000`. */
  readonly url: string
  /** As in `127.0.0.1:5000`: the first part of an image's address. */
  readonly host: string
  /** An `Authorization` that this server always lets in: for preparing what a test needs. */
  readonly authorization: string
  /** Every request since the start, in order. May be emptied. */
  readonly log: RegistryRequest[]
  /** The state itself, for tests that need what no client can do (a tag that vanishes). */
  repo(name: string): StoredRepo
  inject(fault: RegistryFault): void
  /** Nothing that was injected happens any more. */
  heal(): void
  /** Every bearer token that was given out is refused from now on. */
  revokeTokens(): void
  close(): Promise<void>
}

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const repos = new Map<string, StoredRepo>()
  const log: RegistryRequest[] = []
  const faults: { readonly fault: RegistryFault; left: number }[] = []
  const pageSize = options.pageSize ?? 1000
  const authorization = `Bearer ${randomUUID()}`
  const doorman = createDoorman(options.auth, authorization, () => `${url}/token`)
  const repo = (name: string): StoredRepo => {
    const known = repos.get(name) ?? createRepo()
    repos.set(name, known)
    return known
  }

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/'
    const entry: RegistryRequest = {
      method: request.method ?? 'GET',
      path,
      authorization: request.headers.authorization,
      ifNoneMatch: request.headers['if-none-match'],
      status: 0,
    }
    log.push(entry)
    response.on('close', () => {
      entry.status = response.statusCode
    })
    const hit = faults.find(({ fault, left }) => left > 0 && isHit(fault, entry))
    if (hit !== undefined) {
      hit.left -= 1
      if (hit.fault.delayMs !== undefined) await wait(hit.fault.delayMs, undefined, { ref: false })
      if (hit.fault.status !== undefined) {
        request.resume()
        response.writeHead(hit.fault.status, hit.fault.headers)
        response.end(hit.fault.body ?? errorBody('UNKNOWN', 'an injected fault'))
        return
      }
    }
    await answer({ request, response, url: new URL(path, url), repo, repos, doorman, pageSize })
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    onRequest(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(errorBody('UNKNOWN', String(error)))
    })
  }
  const server =
    options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  const hostname = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, hostname, resolve)
  })
  // A TCP server that listens has an AddressInfo.
  const host = `${hostname}:${(server.address() as AddressInfo).port}`
  const url = `${options.tls === undefined ? 'http' : 'https'}://${host}`

  return {
    url,
    host,
    authorization,
    log,
    repo,
    inject(fault) {
      faults.push({ fault, left: fault.times ?? 1 })
    },
    heal() {
      faults.length = 0
    },
    revokeTokens: () => doorman.revokeAll(),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function isHit(fault: RegistryFault, entry: RegistryRequest): boolean {
  return (
    (fault.method === undefined || fault.method === entry.method) &&
    (fault.path === undefined || fault.path.test(entry.path))
  )
}
