import { normGit } from '../../core/repo-url.ts'

/** The hosts whose pages we can name; the keys are the values of a step's `provider`. */
export const gitProviders = ['azure', 'bitbucket', 'gitea', 'github', 'gitlab'] as const

export type GitProvider = (typeof gitProviders)[number]

/** The page of a commit, for people; undefined when the host is none that is known. */
export function commitURL(
  repoURL: string,
  commit: string,
  provider?: GitProvider,
): string | undefined {
  const normal = normGit(repoURL)
  if (!URL.canParse(normal)) return undefined
  const url = new URL(normal)
  const kind = provider ?? inferProvider(url.hostname)
  const base = `https://${url.host}${url.pathname.replace(/\/$/u, '')}`
  switch (kind) {
    case 'github':
    case 'gitea':
      return `${base}/commit/${commit}`
    case 'gitlab':
      return `${base}/-/commit/${commit}`
    case 'bitbucket':
      return `${base}/commits/${commit}`
    case 'azure':
      return azureURL(url, commit)
    case undefined:
      return undefined
  }
}

function azureURL(url: URL, commit: string): string {
  const path = url.pathname.replace(/^\/v3(?=\/)/u, '').replace(/\/$/u, '')
  // `<organisation>.visualstudio.com` names the organisation in the host alone.
  const organisation = /^(.+)\.visualstudio\.com$/u.exec(url.hostname)?.[1]
  const prefix = organisation === undefined ? '' : `/${organisation}`
  return `https://dev.azure.com${prefix}${path}/commit/${commit}`
}

/** In a fixed order, so that a host which could be two is always the same one. */
function inferProvider(host: string): GitProvider | undefined {
  if (host === 'bitbucket.org') return 'bitbucket'
  if (host === 'dev.azure.com' || host === 'ssh.dev.azure.com') return 'azure'
  if (host.endsWith('.visualstudio.com')) return 'azure'
  if (host.endsWith('.ghe.com') || host.includes('github')) return 'github'
  if (host.includes('gitlab')) return 'gitlab'
  return host.includes('gitea') ? 'gitea' : undefined
}
