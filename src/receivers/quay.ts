import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { listOf, parsePayload } from '../lib/webhook/payload.ts'
import { defineReceiver } from '../receiver.ts'

const Push = z.object({
  docker_url: z.string().min(1),
  // A map from the tag to the image in what old installations send.
  updated_tags: z.union([listOf(z.string()), z.record(z.string(), z.unknown())]),
})

export default defineReceiver({
  kind: 'quay',
  summary: 'Pushes to Quay.',
  secretKey: 'secret',
  authentication: 'The address alone, which holds a hash of the secret.',
  events: ['Push to Repository'],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.quay.unwrap(),
  example: { secretRef: { name: 'quay-webhook' } },

  read(request) {
    const { docker_url, updated_tags } = parsePayload(request, Push)
    const tags = Array.isArray(updated_tags) ? updated_tags : Object.keys(updated_tags)
    const target = { type: 'oci', repoURLs: [docker_url], tags } as const
    return { event: 'push', type: 'targets', targets: [target] }
  },
})
