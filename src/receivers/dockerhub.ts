import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { parsePayload } from '../lib/webhook/payload.ts'
import { defineReceiver } from '../receiver.ts'

const Push = z.object({
  push_data: z.object({ tag: z.string().nullish() }),
  repository: z.object({ repo_name: z.string().min(1) }),
})

export default defineReceiver({
  kind: 'dockerhub',
  summary: 'Pushes to Docker Hub.',
  secretKey: 'secret',
  authentication: 'The address alone, which holds a hash of the secret.',
  events: ['push'],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.dockerhub.unwrap(),
  example: { secretRef: { name: 'dockerhub-webhook' } },

  read(request) {
    const { push_data, repository } = parsePayload(request, Push)
    const tags = push_data.tag ? [push_data.tag] : []
    // Charts are subscribed to by the registry's full name, which normalises to the same for images.
    const repoURLs = [repository.repo_name, `registry-1.docker.io/${repository.repo_name}`]
    return { event: 'push', type: 'targets', targets: [{ type: 'oci', repoURLs, tags }] }
  },
})
