import type { RequestListener } from 'node:http'
import { listen } from '../api/listen.ts'
import { createWebhookServer, type WebhookServer, webhooksMount } from '../api/webhooks/server.ts'
import type { WebhookParts } from '../api/webhooks/parts.ts'
import { serverUrl } from '../cli/settings.ts'
import type { UpOptions } from '../cli/up.ts'
import { GantryError } from '../core/errors.ts'
import type { GaugeSource } from '../lib/metrics.ts'
import { receivers, sources } from '../plugins.gen.ts'

const answerGraceMs = 2000
const defaultPort = 8081

export function openWebhooks(
  parts: AsyncDisposableStack,
  given: Omit<WebhookParts, 'receivers' | 'sources'>,
): WebhookServer {
  const server = createWebhookServer({ ...given, receivers, sources })
  parts.defer(() => server.stop())
  return server
}

/** Receivers first: nothing of them passes through the app, and nothing of the app is reached through them. */
export function withWebhooks(server: WebhookServer, app: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    if (!server.handleMounted(incoming, outgoing)) app(incoming, outgoing)
  }
}

/** Gives receivers an address of their own when one is wanted; resolves with how it is called. */
export async function listenApart(
  parts: AsyncDisposableStack,
  server: WebhookServer,
  { host, webhooksHost, webhooksPort }: UpOptions,
): Promise<string | undefined> {
  if (webhooksHost === undefined && webhooksPort === undefined) return undefined
  const address = { host: webhooksHost ?? host, port: webhooksPort ?? defaultPort }
  const listening = await listen((...args) => server.handleAlone(...args), address)
  parts.defer(() => listening.close(answerGraceMs))
  return serverUrl(address.host, listening.port)
}

/** How receivers are reached from outside: as the operator says, else their own address, else under the main one. */
export function webhooksUrl(
  { webhooksUrl: told }: UpOptions,
  env: NodeJS.ProcessEnv,
  own: string | undefined,
  main: string,
): string {
  const url = told || env['EXTERNAL_WEBHOOK_SERVER_BASE_URL']
  if (!url) return own ?? `${main}${webhooksMount}`
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url.replace(/\/+$/, '')
  throw new GantryError(
    'BadRequest',
    `the address of webhook receivers is ${JSON.stringify(url)}: use one such as https://hooks.example.com`,
    { field: 'webhooksUrl' },
  )
}

/** Deliveries since the start, for Prometheus. */
export function webhookGauges(server: WebhookServer): readonly GaugeSource[] {
  return [
    {
      name: 'gantry_webhook_deliveries',
      help: 'Webhook deliveries since the start, by kind of receiver and outcome.',
      labels: ['kind', 'outcome'],
      read: () =>
        server
          .counts()
          .map(({ kind, outcome, count }) => ({ labels: { kind, outcome }, value: count })),
    },
  ]
}
