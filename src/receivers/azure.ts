import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { header } from '../lib/webhook/header.ts'
import { listOf, parsePayload, spellings } from '../lib/webhook/payload.ts'
import { defineReceiver, type ReceivedRequest, type Reading } from '../receiver.ts'

const text = z.string().nullish()

const RegistryEvent = z.object({ id: text, action: z.string() })
const RegistryPush = z.object({
  target: z.object({ repository: z.string().min(1), tag: text }),
  request: z.object({ host: z.string().min(1) }),
})

const DevOpsEvent = z.object({ id: text, eventType: z.string() })
const DevOpsPush = z.object({
  resource: z.object({
    refUpdates: listOf(z.object({ name: z.string() })),
    repository: z.object({ remoteUrl: text, sshUrl: text, webUrl: text, defaultBranch: text }),
  }),
})
const DevOpsPullRequest = z.object({
  resource: z.object({
    status: text,
    pullRequestId: z.number(),
    _links: z.object({ web: z.object({ href: text }).nullish() }).nullish(),
    repository: z.object({ remoteUrl: text, webUrl: text }),
  }),
})

export default defineReceiver({
  kind: 'azure',
  summary: 'Pushes to Azure Container Registry, and pushes and pull requests of Azure DevOps.',
  secretKey: 'secret',
  authentication: 'The address alone, which holds a hash of the secret.',
  events: [
    'push, ping (Container Registry)',
    'git.push, git.pullrequest.merged, git.pullrequest.updated when abandoned (DevOps)',
  ],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.azure.unwrap(),
  example: { secretRef: { name: 'azure-webhook' } },

  read(request) {
    const agent = header(request, 'User-Agent')
    if (agent.startsWith('AzureContainerRegistry')) return readRegistry(request)
    if (agent.startsWith('VSServices')) return readDevOps(request)
    return { event: '', type: 'unsupported' }
  },
})

function readRegistry(request: ReceivedRequest): Reading {
  const { id, action: event } = parsePayload(request, RegistryEvent)
  const about = { event, deliveryId: id ?? undefined }
  if (event === 'ping') return { ...about, type: 'ignored', reason: 'a ping' }
  if (event !== 'push') return { ...about, type: 'unsupported' }
  const { target, request: asked } = parsePayload(request, RegistryPush)
  const repoURLs = [`${asked.host}/${target.repository}`]
  const tags = target.tag ? [target.tag] : []
  return { ...about, type: 'targets', targets: [{ type: 'oci', repoURLs, tags }] }
}

function readDevOps(request: ReceivedRequest): Reading {
  const { id, eventType: event } = parsePayload(request, DevOpsEvent)
  const about = { event, deliveryId: id ?? undefined }
  if (event === 'git.push') {
    const { refUpdates, repository } = parsePayload(request, DevOpsPush).resource
    const { remoteUrl, sshUrl, webUrl, defaultBranch } = repository
    const target = {
      type: 'git',
      repoURLs: spellings('a repository', remoteUrl, sshUrl ?? sshSpelling(remoteUrl), webUrl),
      refs: refUpdates.map(({ name }) => name),
      defaultBranch: defaultBranch?.replace(/^refs\/heads\//, ''),
    } as const
    return { ...about, type: 'targets', targets: [target] }
  }
  if (event !== 'git.pullrequest.merged' && event !== 'git.pullrequest.updated')
    return { ...about, type: 'unsupported' }
  const { status, pullRequestId, _links, repository } = parsePayload(
    request,
    DevOpsPullRequest,
  ).resource
  if (event === 'git.pullrequest.updated' && status !== 'abandoned')
    return { ...about, type: 'ignored', reason: `the pull request is ${status ?? 'open'}` }
  const page = (url: string | null | undefined): string | undefined =>
    url ? `${withoutUser(url)}/pullrequest/${pullRequestId}` : undefined
  const urls = spellings(
    'a pull request',
    _links?.web?.href,
    page(repository.webUrl),
    page(repository.remoteUrl),
  )
  return { ...about, type: 'targets', targets: [{ type: 'pull-request', urls }] }
}

/** Addresses to clone from name the organisation as the user; those of pages do not. */
function withoutUser(url: string): string {
  return url.replace(/^(https?:\/\/)[^/@]*@/, '$1')
}

/** Pushes do not tell the address for SSH, but it follows from the other in the cloud. */
function sshSpelling(remoteUrl: string | null | undefined): string | undefined {
  const { host = '', pathname = '' } = URL.parse(remoteUrl ?? '') ?? {}
  const [, path = '', repository = ''] = /^\/(.+?)\/_git\/([^/]+)\/?$/.exec(pathname) ?? []
  const [first = '', second = repository] = path.split('/')
  if (path === '') return undefined
  if (host === 'dev.azure.com') return `git@ssh.dev.azure.com:v3/${first}/${second}/${repository}`
  const [organisation = '', rest] = host.split(/\.(.*)/s)
  if (rest !== 'visualstudio.com') return undefined
  const project = /^DefaultCollection$/i.test(first) ? second : first
  return `${organisation}@vs-ssh.visualstudio.com:v3/${organisation}/${project}/${repository}`
}
