import { z } from 'zod'
import { GantryError } from '../core/errors.ts'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkHmac } from '../lib/webhook/authenticate.ts'
import { parsePayload } from '../lib/webhook/payload.ts'
import { defineReceiver } from '../receiver.ts'

const Event = z.object({
  domain: z.string(),
  event_type: z.string(),
  data: z.object({ image_type: z.string().nullish() }).nullish(),
})
const Push = z.object({
  data: z.object({ repo_key: z.string().min(1), path: z.string(), tag: z.string().nullish() }),
  jpd_origin: z.string(),
})

export default defineReceiver({
  kind: 'artifactory',
  summary: 'Pushes of images and OCI charts to JFrog Artifactory.',
  secretKey: 'secret-token',
  authentication:
    'HMAC-SHA256 of the body in X-JFrog-Event-Auth: have Artifactory use the secret for payload signing.',
  events: ['docker: pushed (image types docker and oci, or without a type)'],
  unsupported: 501,
  config: WebhookReceiverConfig.shape.artifactory.unwrap(),
  example: { secretRef: { name: 'artifactory-webhook' }, virtualRepoName: 'docker' },
  verify: (request, secret) => checkHmac(request, 'X-JFrog-Event-Auth', secret),

  read(request, { virtualRepoName }) {
    const { domain, event_type, data } = parsePayload(request, Event)
    const event = `${domain}: ${event_type}`
    // Before there was a type, everything in a registry was an image.
    const isImage = ['docker', 'oci'].includes(data?.image_type || 'docker')
    if (domain !== 'docker' || event_type !== 'pushed' || !isImage)
      return { event, type: 'unsupported' }
    const push = parsePayload(request, Push)
    const host = URL.parse(push.jpd_origin)?.host
    // The last two segments are the tag and the manifest.
    const path = push.data.path.split('/').slice(0, -2).join('/')
    if (!host || path === '')
      throw new GantryError('BadRequest', 'the payload does not name a repository')
    const repoURLs = [`${host}/${virtualRepoName || push.data.repo_key}/${path}`]
    const tags = push.data.tag ? [push.data.tag] : []
    return { event, type: 'targets', targets: [{ type: 'oci', repoURLs, tags }] }
  },
})
