import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkToken } from '../lib/webhook/authenticate.ts'
import { PushedCommit, pathsOf } from '../lib/webhook/changed-paths.ts'
import { firstHeader, header } from '../lib/webhook/header.ts'
import { parsePayload, spellings } from '../lib/webhook/payload.ts'
import { defineReceiver } from '../receiver.ts'

const text = z.string().nullish()

const Push = z.object({
  ref: z.string(),
  total_commits_count: z.number().nullish(),
  commits: z.array(PushedCommit).nullish(),
  project: z.object({ git_http_url: text, git_ssh_url: text, web_url: text, default_branch: text }),
})

const MergeRequest = z.object({
  object_attributes: z.object({ action: text, url: text }),
})

export default defineReceiver({
  kind: 'gitlab',
  summary: 'Pushes, tags and merge requests of GitLab.',
  secretKey: 'secret-token',
  authentication: 'The secret itself in X-Gitlab-Token.',
  events: ['Push Hook', 'Tag Push Hook', 'Merge Request Hook (close, merge)'],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.gitlab.unwrap(),
  example: { secretRef: { name: 'gitlab-webhook' } },
  verify: (request, secret) => checkToken(request, 'X-Gitlab-Token', secret),

  read(request) {
    const event = header(request, 'X-Gitlab-Event')
    // A repetition keeps the first; the second is shared by webhooks that set off one another.
    const deliveryId = firstHeader(request, 'Idempotency-Key', 'X-Gitlab-Event-UUID')
    const about = { event, deliveryId }
    if (event === 'Push Hook' || event === 'Tag Push Hook') {
      const push = parsePayload(request, Push)
      const { git_http_url, git_ssh_url, web_url, default_branch } = push.project
      const target = {
        type: 'git',
        repoURLs: spellings('a project', git_http_url, git_ssh_url, web_url),
        refs: [push.ref],
        paths: changedPaths(push),
        defaultBranch: default_branch ?? undefined,
      } as const
      return { ...about, type: 'targets', targets: [target] }
    }
    if (event === 'Merge Request Hook') {
      const { action, url } = parsePayload(request, MergeRequest).object_attributes
      if (action !== 'close' && action !== 'merge')
        return { ...about, type: 'ignored', reason: `merge request: ${action ?? 'no action'}` }
      const urls = spellings('a merge request', url)
      return { ...about, type: 'targets', targets: [{ type: 'pull-request', urls }] }
    }
    return { ...about, type: 'unsupported' }
  },
})

/** GitLab shows the newest commits only, and tells how many there were. */
function changedPaths({
  commits,
  total_commits_count,
}: z.output<typeof Push>): readonly string[] | undefined {
  const shown = commits ?? []
  if (shown.length === 0 || shown.length !== total_commits_count) return undefined
  return pathsOf(shown)
}
