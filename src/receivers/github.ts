import { z } from 'zod'
import { WebhookReceiverConfig } from '../core/kinds/webhook-receivers.ts'
import { checkHmac } from '../lib/webhook/authenticate.ts'
import { PushedCommit, pathsOf } from '../lib/webhook/changed-paths.ts'
import { firstHeader, header } from '../lib/webhook/header.ts'
import { listOf, parsePayload, spellings, withoutTag } from '../lib/webhook/payload.ts'
import {
  defineReceiver,
  type DeliveryLabel,
  type ReceivedRequest,
  type ReceivedTarget,
} from '../receiver.ts'

const text = z.string().nullish()

const Push = z.object({
  ref: z.string(),
  created: z.boolean().nullish(),
  deleted: z.boolean().nullish(),
  forced: z.boolean().nullish(),
  commits: listOf(PushedCommit).nullish(),
  repository: z.object({
    clone_url: text,
    ssh_url: text,
    html_url: text,
    git_url: text,
    default_branch: text,
  }),
})

const Package = z.object({
  name: z.string(),
  namespace: text,
  package_type: text,
  ecosystem: text,
  package_version: z
    .object({
      package_url: text,
      container_metadata: z.object({ tag: z.object({ name: text }).nullish() }).nullish(),
    })
    .nullish(),
})
const PackageEvent = z.object({
  action: z.string(),
  package: Package.nullish(),
  registry_package: Package.nullish(),
})

const PullRequest = z.object({
  action: z.string(),
  pull_request: z.object({ html_url: text, url: text }),
})

/** GitHub tells of no more commits than this. */
const maxCommits = 2048

export default defineReceiver({
  kind: 'github',
  summary: 'Pushes, container packages and pull requests of GitHub.',
  secretKey: 'secret',
  authentication: 'HMAC-SHA256 of the body in X-Hub-Signature-256.',
  events: ['push', 'package and registry_package (containers)', 'pull_request closed', 'ping'],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.github.unwrap(),
  example: { secretRef: { name: 'github-webhook' } },
  verify: (request, secret) => checkHmac(request, 'X-Hub-Signature-256', secret),

  label,

  read(request) {
    const about = label(request)
    switch (about.event) {
      case 'ping':
        return { ...about, type: 'ignored', reason: 'a ping' }
      case 'push':
        return { ...about, type: 'targets', targets: [readPush(request)] }
      case 'package':
      case 'registry_package': {
        const payload = parsePayload(request, PackageEvent)
        const target = readPackage(payload)
        return typeof target === 'string'
          ? { ...about, type: 'ignored', reason: target }
          : { ...about, type: 'targets', targets: [target] }
      }
      case 'pull_request': {
        const { action, pull_request } = parsePayload(request, PullRequest)
        if (action !== 'closed')
          return { ...about, type: 'ignored', reason: `a pull request was ${action}` }
        const urls = spellings('a pull request', pull_request.html_url, pull_request.url)
        return { ...about, type: 'targets', targets: [{ type: 'pull-request', urls }] }
      }
      default:
        return { ...about, type: 'unsupported' }
    }
  },
})

function label(request: ReceivedRequest): DeliveryLabel {
  const deliveryId = firstHeader(request, 'X-GitHub-Delivery')
  return { event: header(request, 'X-GitHub-Event'), deliveryId }
}

function readPush(request: ReceivedRequest): ReceivedTarget {
  const push = parsePayload(request, Push)
  const { clone_url, ssh_url, html_url, git_url, default_branch } = push.repository
  return {
    type: 'git',
    repoURLs: spellings('a repository', clone_url, ssh_url, html_url, git_url),
    refs: [push.ref],
    paths: changedPaths(push),
    defaultBranch: default_branch ?? undefined,
  }
}

/** Only when the commits of the payload are all that changed: dropped commits and new branches name no files. */
function changedPaths(push: z.output<typeof Push>): readonly string[] | undefined {
  const commits = push.commits ?? []
  if (push.created || push.deleted || push.forced) return undefined
  if (commits.length === 0 || commits.length >= maxCommits) return undefined
  return pathsOf(commits)
}

/** What was published, or why that is of no interest. */
function readPackage(payload: z.output<typeof PackageEvent>): ReceivedTarget | string {
  if (!['published', 'updated'].includes(payload.action)) return `a package was ${payload.action}`
  const found = payload.package ?? payload.registry_package
  const types = new Set([found?.package_type, found?.ecosystem].map((type) => type?.toLowerCase()))
  if (!types.has('container') && !types.has('docker'))
    return `the package is of type ${found?.package_type ?? 'unknown'}, not a container`
  const address = withoutTag(found?.package_version?.package_url ?? '')
  const owned =
    found?.namespace && found.name ? `ghcr.io/${found.namespace}/${found.name}` : undefined
  const tag = found?.package_version?.container_metadata?.tag?.name
  return {
    type: 'oci',
    repoURLs: spellings('a package', address || owned),
    tags: tag ? [tag] : [],
  }
}
