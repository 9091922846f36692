import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { serve } from '../../src/serve.ts'
import { namespace, project, stage } from './samples.ts'
import { quantile, rounded, timeOf } from './times.ts'

const windowMs = 4000
const writers = 8

interface Latency {
  readonly p50: number
  readonly p99: number
}

export interface ApiResults {
  /** Milliseconds of reading one Stage over HTTP. */
  readonly quietReadMs: Latency
  /** The same while eight clients create objects as fast as they are answered. */
  readonly busyReadMs: Latency
  readonly writesPerSecond: number
}

/** Reads over HTTP, without and with writes beside them; server and clients share this process. */
export async function measureApi(data: string, env: NodeJS.ProcessEnv): Promise<ApiResults> {
  const options = { data, port: 0, host: '127.0.0.1', store: 'sqlite', allowedHost: [] } as const
  const gantry = await serve(options, env, undefined)
  gantry.failed.catch(() => undefined)
  const call = async (path: string, body?: unknown): Promise<void> => {
    const method = body === undefined ? 'GET' : 'POST'
    const response = await request(`${gantry.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${gantry.adminToken}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await response.body.text()
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${text}`)
  }
  const over = new AbortController()
  const readFor = async (ms: number): Promise<Latency> => {
    const times: number[] = []
    const end = performance.now() + ms
    while (performance.now() < end) {
      times.push(await timeOf(() => call(`/v1beta1/projects/${namespace}/stages/read`)))
      await wait(1)
    }
    return { p50: rounded(quantile(times, 0.5), 2), p99: rounded(quantile(times, 0.99), 2) }
  }
  try {
    await call('/v1beta1/resources', project())
    await call('/v1beta1/resources', stage('read'))
    await readFor(1000)
    const quietReadMs = await readFor(windowMs)
    let written = 0
    const writing = Array.from({ length: writers }, async () => {
      while (!over.signal.aborted) {
        written += 1
        await call('/v1beta1/resources', configMap(`written-${written}`))
      }
    })
    const busyReadMs = await readFor(windowMs)
    over.abort()
    await Promise.all(writing)
    return { quietReadMs, busyReadMs, writesPerSecond: rounded((written / windowMs) * 1000) }
  } finally {
    over.abort()
    await gantry.stop()
  }
}

function configMap(name: string): unknown {
  const metadata = { name, namespace }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(2000) } }
}
