/**
 * Token services of clouds on loopback. The requests are real; only names and TLS are played: `http` sends whatever is
 * meant for any host to this server, and says in a header of its own which one that was.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpCapability } from '../../src/core/http.ts'
import { createAddressRules } from '../../src/lib/address-rules.ts'
import { createHttp } from '../../src/lib/http.ts'
import { systemClock } from '../../src/lib/system-clock.ts'

export interface CloudRequest {
  readonly method: string
  readonly host: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface CloudAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Objects are sent as JSON. */
  readonly body: string | object
}

export interface Cloud {
  readonly url: string
  readonly log: CloudRequest[]
  readonly http: HttpCapability
  /** Answers all requests until told otherwise. */
  answer(
    handler: (request: CloudRequest) => CloudAnswer | undefined | Promise<CloudAnswer | undefined>,
  ): void
  close(): Promise<void>
}

const meantHost = 'x-meant-host'

/** What no handler answers is a 404; a handler that throws fails the test. */
export async function startCloud(): Promise<Cloud> {
  const log: CloudRequest[] = []
  let handle: Parameters<Cloud['answer']>[0] = () => undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '' } = request
      const { [meantHost]: meant, ...others } = request.headers
      const host = String(meant)
      const headers = { ...others, host }
      const body = Buffer.concat(chunks).toString('utf8')
      const seen = { method, host, path, headers, body }
      log.push(seen)
      const respond = async (): Promise<void> => {
        const answer: CloudAnswer = (await handle(seen)) ?? { status: 404, body: {} }
        const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
        response.writeHead(answer.status ?? 200, answer.headers)
        response.end(text)
      }
      void respond().catch((thrown: unknown) => {
        response.destroy()
        throw thrown
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an AddressInfo.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const real = createHttp({
    clock: systemClock,
    addresses: createAddressRules({ allowLoopback: true }),
  })
  return {
    url,
    log,
    http: {
      async fetch(target, init) {
        const { host, origin, pathname, search } = new URL(target)
        const answer = await real.fetch(`${url}${pathname}${search}`, {
          ...init,
          headers: { ...init.headers, [meantHost]: host },
        })
        return { ...answer, origin }
      },
    },
    answer(handler) {
      handle = handler
    },
    async close() {
      await real.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
