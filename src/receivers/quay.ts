import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { parsePayload } from '../lib/webhook/payload.ts'
import { defineReceiver } from '../receiver.ts'

const Push = z.object({
  docker_url: z.string().min(1),
  updated_tags: z.array(z.string()),
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
    const { docker_url, updated_tags: tags } = parsePayload(request, Push)
    const target = { type: 'oci', repoURLs: [docker_url], tags } as const
    return { event: 'push', type: 'targets', targets: [target] }
  },
})
