import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkToken } from '../lib/webhook/authenticate.ts'
import { PushedCommit, pathsOf } from '../lib/webhook/changed-paths.ts'
import { firstHeader, header } from '../lib/webhook/header.ts'
import { listOf, parsePayload, spellings } from '../lib/webhook/payload.ts'
import {
  defineReceiver,
  type DeliveryLabel,
  type ReceivedRequest,
  type ReceivedTarget,
} from '../receiver.ts'

const text = z.string().nullish()

const Push = z.object({
  ref: z.string(),
  total_commits_count: z.number().nullish(),
  commits: listOf(PushedCommit).nullish(),
  project: z.object({ git_http_url: text, git_ssh_url: text, web_url: text, default_branch: text }),
})

const SystemEvent = z.object({ object_kind: text, event_name: text })

/** A push of many branches and tags at once, which only system hooks tell of. */
const RepositoryUpdate = Push.pick({ project: true }).extend({
  refs: listOf(z.string()).nullish(),
})

const MergeRequest = z.object({
  object_attributes: z.object({ action: text, url: text }),
})

export default defineReceiver({
  kind: 'gitlab',
  summary: 'Pushes, tags and merge requests of GitLab.',
  secretKey: 'secret-token',
  authentication: 'The secret itself in X-Gitlab-Token.',
  events: [
    'Push Hook',
    'Tag Push Hook',
    'Merge Request Hook (close, merge)',
    'System Hook with one of these, or with repository_update',
  ],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.gitlab.unwrap(),
  example: { secretRef: { name: 'gitlab-webhook' } },
  verify: (request, secret) => checkToken(request, 'X-Gitlab-Token', secret),

  label,

  read(request) {
    const about = label(request)
    const read = readers.get(about.event)
    return read === undefined ? { ...about, type: 'unsupported' } : { ...about, ...read(request) }
  },
})

function label(request: ReceivedRequest): DeliveryLabel {
  // A repetition keeps the first; the second is shared by webhooks that set off one another.
  const deliveryId = firstHeader(request, 'Idempotency-Key', 'X-Gitlab-Event-UUID')
  return { event: header(request, 'X-Gitlab-Event'), deliveryId }
}

type News =
  | { readonly type: 'targets'; readonly targets: readonly ReceivedTarget[] }
  | { readonly type: 'ignored'; readonly reason: string }

const readers: ReadonlyMap<string, (request: ReceivedRequest) => News> = new Map([
  ['Push Hook', readPush],
  ['Tag Push Hook', readPush],
  ['Merge Request Hook', readMergeRequest],
  ['System Hook', readSystemHook],
])

function readPush(request: ReceivedRequest): News {
  const push = parsePayload(request, Push)
  const paths = changedPaths(push)
  return { type: 'targets', targets: [{ ...repositoryOf(push), refs: [push.ref], paths }] }
}

function readMergeRequest(request: ReceivedRequest): News {
  const { action, url } = parsePayload(request, MergeRequest).object_attributes
  if (action !== 'close' && action !== 'merge')
    return { type: 'ignored', reason: `merge request: ${action ?? 'no action'}` }
  const urls = spellings('a merge request', url)
  return { type: 'targets', targets: [{ type: 'pull-request', urls }] }
}

/** Hooks of the whole installation have one header for all events, and send users, keys and groups unasked. */
function readSystemHook(request: ReceivedRequest): News {
  const { object_kind, event_name } = parsePayload(request, SystemEvent)
  const event = object_kind ?? event_name ?? ''
  if (event === 'push' || event === 'tag_push') return readPush(request)
  if (event === 'merge_request') return readMergeRequest(request)
  if (event !== 'repository_update') return { type: 'ignored', reason: event || 'no event' }
  const update = parsePayload(request, RepositoryUpdate)
  return { type: 'targets', targets: [{ ...repositoryOf(update), refs: update.refs ?? [] }] }
}

function repositoryOf({ project }: Pick<z.output<typeof Push>, 'project'>) {
  const { git_http_url, git_ssh_url, web_url, default_branch } = project
  return {
    type: 'git',
    repoURLs: spellings('a project', git_http_url, git_ssh_url, web_url),
    defaultBranch: default_branch ?? undefined,
  } as const
}

/** GitLab shows the newest commits only, and tells how many there were. */
function changedPaths({
  commits,
  total_commits_count,
}: z.output<typeof Push>): readonly string[] | undefined {
  const shown = commits ?? []
  if (shown.length === 0 || shown.length !== total_commits_count) return undefined
  return pathsOf(shown)
}
