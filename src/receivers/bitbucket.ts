import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkHmac } from '../lib/webhook/authenticate.ts'
import { firstHeader, header } from '../lib/webhook/header.ts'
import { listOf, parsePayload, spellings } from '../lib/webhook/payload.ts'
import {
  defineReceiver,
  type DeliveryLabel,
  type ReceivedRequest,
  type ReceivedTarget,
} from '../receiver.ts'

const Link = z.object({ href: z.string() })

const CloudRef = z.object({ type: z.string(), name: z.string() }).nullish()
const CloudPush = z.object({
  push: z.object({ changes: listOf(z.object({ new: CloudRef, old: CloudRef })) }),
  repository: z.object({
    full_name: z.string().nullish(),
    links: z.object({ html: Link }),
  }),
})
const CloudPullRequest = z.object({
  pullrequest: z.object({ links: z.object({ html: Link }) }),
})

/** Data Center has sent `[null]` for links that it could not make. */
const Links = listOf(Link.nullable())

const CenterPush = z.object({
  changes: listOf(z.object({ ref: z.object({ id: z.string() }) })),
  repository: z.object({ links: z.object({ clone: Links }) }),
})
const CenterPullRequest = z.object({
  pullRequest: z.object({ links: z.object({ self: Links }) }),
})

export default defineReceiver({
  kind: 'bitbucket',
  summary: 'Pushes and pull requests of Bitbucket Cloud and Bitbucket Data Center.',
  secretKey: 'secret',
  authentication: 'HMAC-SHA256 of the body in X-Hub-Signature.',
  events: [
    'repo:push',
    'repo:refs_changed',
    'pullrequest:fulfilled, pullrequest:rejected',
    'pr:merged, pr:declined',
    'diagnostics:ping',
  ],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.bitbucket.unwrap(),
  example: { secretRef: { name: 'bitbucket-webhook' } },
  verify: (request, secret) => checkHmac(request, 'X-Hub-Signature', secret),

  label,

  read(request) {
    const about = label(request)
    const { event } = about
    if (event === 'diagnostics:ping') return { ...about, type: 'ignored', reason: 'a ping' }
    const read = targetReaders.get(event)
    if (read === undefined) return { ...about, type: 'unsupported' }
    return { ...about, type: 'targets', targets: [read(request)] }
  },
})

function label(request: ReceivedRequest): DeliveryLabel {
  const deliveryId = firstHeader(request, 'X-Request-UUID', 'X-Request-Id')
  return { event: header(request, 'X-Event-Key'), deliveryId }
}

const targetReaders: ReadonlyMap<string, (request: ReceivedRequest) => ReceivedTarget> = new Map([
  ['repo:push', readCloudPush],
  ['pullrequest:fulfilled', readCloudPullRequest],
  ['pullrequest:rejected', readCloudPullRequest],
  ['repo:refs_changed', readCenterPush],
  ['pr:merged', readCenterPullRequest],
  ['pr:declined', readCenterPullRequest],
])

function readCloudPush(request: ReceivedRequest): ReceivedTarget {
  const { push, repository } = parsePayload(request, CloudPush)
  const html = repository.links.html.href
  const host = URL.parse(html)?.host
  const path = repository.full_name
  return {
    type: 'git',
    repoURLs: spellings('a repository', html, host && path && `git@${host}:${path}.git`),
    refs: push.changes.flatMap((change) => {
      const ref = change.new ?? change.old
      if (!ref) return []
      return [`refs/${ref.type === 'tag' ? 'tags' : 'heads'}/${ref.name}`]
    }),
  }
}

function readCloudPullRequest(request: ReceivedRequest): ReceivedTarget {
  const { links } = parsePayload(request, CloudPullRequest).pullrequest
  return { type: 'pull-request', urls: spellings('a pull request', links.html.href) }
}

function readCenterPush(request: ReceivedRequest): ReceivedTarget {
  const { changes, repository } = parsePayload(request, CenterPush)
  return {
    type: 'git',
    repoURLs: spellings('a repository', ...repository.links.clone.map((link) => link?.href)),
    refs: changes.map(({ ref }) => ref.id),
  }
}

function readCenterPullRequest(request: ReceivedRequest): ReceivedTarget {
  const { self } = parsePayload(request, CenterPullRequest).pullRequest.links
  return {
    type: 'pull-request',
    urls: spellings('a pull request', ...self.map((link) => link?.href)),
  }
}
