import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkHmac } from '../lib/webhook/authenticate.ts'
import { PushedCommit, pathsOf } from '../lib/webhook/changed-paths.ts'
import { firstHeader } from '../lib/webhook/header.ts'
import { listOf, parsePayload, spellings } from '../lib/webhook/payload.ts'
import { defineReceiver, type DeliveryLabel, type ReceivedRequest } from '../receiver.ts'

const text = z.string().nullish()

const Push = z.object({
  ref: z.string(),
  total_commits: z.number().nullish(),
  commits: listOf(PushedCommit).nullish(),
  repository: z.object({ clone_url: text, ssh_url: text, html_url: text, default_branch: text }),
})

const PullRequest = z.object({
  action: z.string(),
  pull_request: z.object({ html_url: text, url: text }),
})

export default defineReceiver({
  kind: 'gitea',
  summary: 'Pushes and pull requests of Gitea, Forgejo and Gogs.',
  secretKey: 'secret',
  authentication:
    'HMAC-SHA256 of the body in X-Hub-Signature-256, or in the header of Forgejo, Gitea or Gogs.',
  events: ['push', 'pull_request closed'],
  unsupported: 501,
  config: WebhookReceiverConfig.shape.gitea.unwrap(),
  example: { secretRef: { name: 'gitea-webhook' } },
  verify(request, secret) {
    // Gogs, and Gitea before 1.14, sign in a header of their own only.
    const names = [
      'X-Hub-Signature-256',
      'X-Forgejo-Signature',
      'X-Gitea-Signature',
      'X-Gogs-Signature',
    ]
    const name = names.find((each) => firstHeader(request, each)) ?? 'X-Hub-Signature-256'
    checkHmac(request, name, secret)
  },

  label,

  read(request) {
    const about = label(request)
    const { event } = about
    if (event === 'push') {
      const push = parsePayload(request, Push)
      const { clone_url, ssh_url, html_url, default_branch } = push.repository
      const target = {
        type: 'git',
        repoURLs: spellings('a repository', clone_url, ssh_url, html_url),
        refs: [push.ref],
        paths: changedPaths(push),
        defaultBranch: default_branch ?? undefined,
      } as const
      return { ...about, type: 'targets', targets: [target] }
    }
    if (event === 'pull_request') {
      const { action, pull_request } = parsePayload(request, PullRequest)
      if (action !== 'closed')
        return { ...about, type: 'ignored', reason: `a pull request was ${action}` }
      const urls = spellings('a pull request', pull_request.html_url, pull_request.url)
      return { ...about, type: 'targets', targets: [{ type: 'pull-request', urls }] }
    }
    return { ...about, type: 'unsupported' }
  },
})

const products = ['Gitea', 'Forgejo', 'Gogs', 'GitHub']

function label(request: ReceivedRequest): DeliveryLabel {
  const first = (what: string): string | undefined =>
    firstHeader(request, ...products.map((product) => `X-${product}-${what}`))
  return { event: first('Event') ?? '', deliveryId: first('Delivery') }
}

/** Gitea cuts the list of commits and tells how many there were. */
function changedPaths({
  commits,
  total_commits,
}: z.output<typeof Push>): readonly string[] | undefined {
  const shown = commits ?? []
  if (shown.length === 0 || shown.length !== total_commits) return undefined
  return pathsOf(shown)
}
