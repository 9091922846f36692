import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkToken } from '../lib/webhook/authenticate.ts'
import { listOf, parsePayload, withoutTag } from '../lib/webhook/payload.ts'
import { defineReceiver } from '../receiver.ts'

const Facts = z.object({
  resources: listOf(z.object({ tag: z.string().nullish(), resource_url: z.string().min(1) }), 1),
})
const Event = z.object({ type: z.string(), id: z.string().nullish() })
const Push = z.object({ event_data: Facts })
const CloudEvent = z.object({ data: Facts })

export default defineReceiver({
  kind: 'harbor',
  summary: 'Pushes to Harbor, in its payload formats Default and CloudEvents.',
  secretKey: 'auth-header',
  authentication: 'The secret itself in Authorization.',
  events: ['PUSH_ARTIFACT', 'harbor.artifact.pushed (CloudEvents)'],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.harbor.unwrap(),
  example: { secretRef: { name: 'harbor-webhook' } },
  verify: (request, secret) => checkToken(request, 'Authorization', secret),

  read(request) {
    const { type: event, id } = parsePayload(request, Event)
    const about = { event, deliveryId: id ?? undefined }
    const resources =
      event === 'PUSH_ARTIFACT'
        ? parsePayload(request, Push).event_data.resources
        : event === 'harbor.artifact.pushed'
          ? parsePayload(request, CloudEvent).data.resources
          : undefined
    if (resources === undefined) return { ...about, type: 'unsupported' }
    const address = resources[0]?.resource_url ?? ''
    const target = {
      type: 'oci',
      repoURLs: [withoutTag(address)],
      tags: resources.flatMap(({ tag }) => tag || []),
    } as const
    return { ...about, type: 'targets', targets: [target] }
  },
})
