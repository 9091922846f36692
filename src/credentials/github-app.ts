import { z } from 'zod'
import { sleep } from '../core/clock.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { withoutUserInfo } from '../core/repo-url.ts'
import { annotations } from '../core/kinds/labels.ts'
import {
  type CredentialSecret,
  defineCredential,
  type ExchangeTools,
  type IssuedToken,
} from '../credential.ts'
import { askForJson, askService, textIn } from '../lib/exchange.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import { type GithubRepo, githubRepoOf } from '../lib/github-repo.ts'
import { rsaKey, signJwt } from '../lib/signed-jwt.ts'

const title = 'getting an installation token from GitHub'
/** A new token is not known everywhere at once. */
const waitsMs = [3000, 10_000, 30_000]
const lifeSeconds = 540

/** A GitHub App's private key, exchanged for a token that is good for the one repository that is asked for. */
export default defineCredential({
  kind: 'github-app',
  summary: 'A GitHub App: a token for one repository at a time, for git on GitHub.',
  types: ['git'],
  keys: z.object({
    githubAppClientID: z
      .string()
      .optional()
      .describe("The App's client id; it or the App's id is required"),
    githubAppID: z.string().optional().describe("The App's id; the client id wins"),
    githubAppInstallationID: z.string().min(1).describe('The id of the installation'),
    githubAppPrivateKey: z.string().min(1).describe('The private key: PEM, as it is or in base64'),
  }),
  secretKeys: ['githubAppPrivateKey'],
  example: {
    repoURL: '^https://github\\.com/example/.*$',
    repoURLIsRegex: 'true',
    githubAppClientID: 'Iv23liExample',
    githubAppInstallationID: '12345678',
    githubAppPrivateKey: '<private key in PEM form>',
  },
  matches: ({ data }, url) =>
    appOf(data) !== '' &&
    (data['githubAppInstallationID'] ?? '') !== '' &&
    (data['githubAppPrivateKey'] ?? '') !== '' &&
    /^https?:\/\//iu.test(url),
  identify: ({ data }) =>
    `app ${appOf(data)}, installation ${data['githubAppInstallationID'] ?? ''}`,
  async resolve(secret, { project, url, signal }, tools) {
    const repo = githubRepoOf(url)
    if (repo === undefined) {
      const shown = withoutUserInfo(url)
      throw new GantryError('Invalid', `${shown} is not the address of a repository on GitHub`)
    }
    checkHost(secret, repo)
    checkScope(secret, project, repo)
    const pem = pemOf(secret.data['githubAppPrivateKey'] ?? '')
    tools.conceal(pem)
    const installation = secret.data['githubAppInstallationID'] ?? ''
    const app = appOf(secret.data)
    const identity = fingerprint(
      'github-app',
      repo.apiUrl,
      app,
      installation,
      pem,
      repo.owner,
      repo.name,
    )
    const token = await tools.tokens.get(
      identity,
      (exchanging) => issue(tools, { app, installation, pem, repo }, exchanging),
      signal,
    )
    return { ...token, fingerprint: identity }
  },
})

function appOf(data: Readonly<Record<string, string>>): string {
  return (data['githubAppClientID'] || data['githubAppID'] || '').trim()
}

function pemOf(text: string): string {
  return text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8')
}

interface Installation {
  readonly app: string
  readonly installation: string
  readonly pem: string
  readonly repo: GithubRepo
}

async function issue(
  tools: ExchangeTools,
  { app, installation, pem, repo }: Installation,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const now = Math.floor(tools.clock.now() / 1000)
  // A minute back, as GitHub advises against clocks that differ.
  const claims = { iss: app, iat: now - 60, exp: now + lifeSeconds }
  const jwt = signJwt(rsaKey(pem, 'githubAppPrivateKey'), claims)
  tools.conceal(jwt)
  const answer = await askForJson(
    tools.http,
    {
      title,
      url: `${repo.apiUrl}/app/installations/${encodeURIComponent(installation)}/access_tokens`,
      headers: { ...headersFor(jwt), 'content-type': 'application/json' },
      body: JSON.stringify({ repositories: [repo.name] }),
    },
    signal,
  )
  const password = textIn(answer, 'token', title)
  tools.conceal(password)
  const expires = Date.parse(textIn(answer, 'expires_at', title))
  await awaitKnown(tools, repo, password, signal)
  return {
    username: 'kargo',
    password,
    expiresAt: Number.isNaN(expires) ? tools.clock.now() + 3_600_000 : expires,
  }
}

/** Waits until GitHub takes the token that it has just given. */
async function awaitKnown(
  tools: ExchangeTools,
  repo: GithubRepo,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  const step = {
    title: 'trying the new installation token at GitHub',
    method: 'GET',
    url: `${repo.apiUrl}/installation/repositories?per_page=1`,
    headers: headersFor(token),
  } as const
  for (let attempt = 0; ; attempt += 1) {
    try {
      await askService(tools.http, step, signal)
      return
    } catch (thrown) {
      // Only "who are you?" says that the token is not known; anything else it can be used to find out.
      if (!hasCode(thrown, 'Unauthorized')) return
      const waitMs = waitsMs[attempt]
      if (waitMs === undefined) throw thrown
      await sleep(tools.clock, waitMs, signal)
    }
  }
}

function headersFor(token: string): Record<string, string> {
  return {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'x-github-api-version': '2022-11-28',
  }
}

/** What the App signs is good for all of its installations, so it goes only to a host that the Secret itself names. */
function checkHost({ repoURL, repoURLIsRegex }: CredentialSecret, repo: GithubRepo): void {
  if (!repoURLIsRegex || repo.apiUrl === 'https://api.github.com') return
  const spelledOut = repoURL
    .replaceAll('\\', '')
    .toLowerCase()
    .split(/[^a-z0-9.:-]+/)
  if (spelledOut.some((word) => word.replace(/^[.:-]+|[.:-]+$/g, '') === repo.host)) return
  throw new GantryError(
    'Forbidden',
    `its pattern does not spell out the host ${repo.host}, so nothing signed by the App is sent there`,
  )
}

/** On a shared Secret: which repositories a Project may have a token for. */
function checkScope(secret: CredentialSecret, project: string, repo: GithubRepo): void {
  const text = secret.annotations[annotations.githubTokenScopes]
  if (!secret.shared || text === undefined) return
  let scopes: unknown
  try {
    scopes = JSON.parse(text)
  } catch {
    scopes = undefined
  }
  if (!isJsonObject(scopes) || !Object.values(scopes).every(isListOfNames)) {
    throw new GantryError(
      'Invalid',
      `its annotation ${annotations.githubTokenScopes} is not JSON of the form {"<project>": ["<repository>"]}`,
    )
  }
  const allowed = Object.hasOwn(scopes, project) ? scopes[project] : []
  if (isListOfNames(allowed) && allowed.some((name) => isSameName(name, repo.name))) return
  throw new GantryError(
    'Forbidden',
    `its annotation ${annotations.githubTokenScopes} does not let project ${project} have a token for ${repo.name}`,
  )
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
