import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkToken } from '../lib/webhook/authenticate.ts'
import { parsePayload } from '../lib/webhook/payload.ts'
import { defineReceiver } from '../receiver.ts'

const Event = z.object({ type: z.string() })
const Push = z.object({
  event_data: z.object({
    resources: z
      .array(z.object({ tag: z.string().nullish(), resource_url: z.string().min(1) }))
      .min(1),
  }),
})

export default defineReceiver({
  kind: 'harbor',
  summary: 'Pushes to Harbor, in its default payload format.',
  secretKey: 'auth-header',
  authentication: 'The secret itself in Authorization.',
  events: ['PUSH_ARTIFACT'],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.harbor.unwrap(),
  example: { secretRef: { name: 'harbor-webhook' } },
  verify: (request, secret) => checkToken(request, 'Authorization', secret),

  read(request) {
    const { type: event } = parsePayload(request, Event)
    if (event !== 'PUSH_ARTIFACT') return { event, type: 'unsupported' }
    const { resources } = parsePayload(request, Push).event_data
    const address = resources[0]?.resource_url ?? ''
    const target = {
      type: 'oci',
      repoURLs: [address.replace(/@.*$/, '').replace(/:[^/:]*$/, '')],
      tags: resources.flatMap(({ tag }) => tag || []),
    } as const
    return { event, type: 'targets', targets: [target] }
  },
})
