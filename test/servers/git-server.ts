/**
 * A git server on loopback: git's own `http-backend` behind Node's http. Smart HTTP as every git host speaks it, with
 * optional basic auth, an access log and faults to inject. Not an imitation: the protocol is git's.
 */
import { execFile, spawn } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export interface GitServerOptions {
  /** Where the repositories live; a fresh temp folder, removed by `close`, when absent. */
  readonly folder?: string
  /** Asked for on every request when given. More than one account may be let in. */
  readonly accounts?: readonly { readonly username: string; readonly password: string }[]
  /** Added before each answer, in milliseconds. */
  readonly latencyMs?: number
  readonly port?: number
  /** Speaks https with this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface GitRequest {
  readonly method: string
  readonly repo: string
  readonly service: 'git-upload-pack' | 'git-receive-pack' | ''
  /** `refs` lists the refs (also each push's first request); `rpc` fetches or pushes. */
  readonly phase: 'refs' | 'rpc'
  /** The `Authorization` header as sent, to prove where credentials went. */
  readonly authorization: string | undefined
  readonly user: string | undefined
  status: number
}

/** What goes wrong, for requests that match. */
export interface GitFault {
  readonly repo?: string
  readonly service?: GitRequest['service']
  readonly phase?: GitRequest['phase']
  /** How many matching requests it hits; default 1. */
  readonly times?: number
  readonly action:
    | { readonly kind: 'status'; readonly status: number }
    | { readonly kind: 'redirect'; readonly location: string }
    | { readonly kind: 'delay'; readonly delayMs: number }
    /** The connection ends before the request reaches git. */
    | { readonly kind: 'drop-before' }
    /** git does its work (a push lands), and the connection ends without an answer. */
    | { readonly kind: 'drop-after' }
    /** Called before git sees the request: another writer gets in between. */
    | { readonly kind: 'meanwhile'; readonly act: () => Promise<void> }
}

export interface GitCommit {
  readonly id: string
  readonly parents: readonly string[]
  readonly subject: string
  readonly message: string
  readonly author: string
  readonly committer: string
  /** Committer date, epoch seconds. */
  readonly time: number
}

export interface GitServer {
  readonly url: string
  readonly port: number
  readonly folder: string
  /** The access log, oldest first. */
  readonly requests: GitRequest[]
  /** A bare repository with one commit holding these files (none: empty); resolves with its URL. */
  createRepo(name: string, files?: GitFiles, options?: CreateRepoOptions): Promise<string>
  repoURL(name: string): string
  /** Commits to a branch as another writer would (made when absent); a null content deletes. Resolves with the id. */
  commit(repo: string, branch: string, files: GitFiles, message?: string): Promise<string>
  /** Commits a submodule link: a path that names a commit of another repository. */
  linkCommit(repo: string, branch: string, path: string, commit: string): Promise<void>
  readFile(repo: string, branch: string, path: string): Promise<string | undefined>
  /** Every path in the branch's tree. */
  paths(repo: string, branch: string): Promise<string[]>
  /** The branch's history, newest first. Empty when there is no such branch. */
  commits(repo: string, branch: string): Promise<GitCommit[]>
  branches(repo: string): Promise<string[]>
  /** Annotated when a message is given. */
  tag(repo: string, name: string, at: string, message?: string): Promise<void>
  /** Every push is refused by a hook that says so. `undefined` lets pushes through again. */
  rejectPushes(repo: string, message: string | undefined): Promise<void>
  inject(fault: GitFault): void
  /** Repositories that were moved: requests for the one are redirected to the other, as git hosts do. */
  readonly redirects: Map<string, string>
  setLatency(latencyMs: number): void
  /** Feeds `git fast-import`, for commits that no git command would make. */
  fastImport(repo: string, script: Uint8Array): Promise<void>
  /** Runs git in the bare repository. */
  git(repo: string, ...args: string[]): Promise<string>
  close(): Promise<void>
}

export type GitFiles = Readonly<Record<string, string | null>>

export interface CreateRepoOptions {
  readonly branch?: string
  /** So many commits before the one with the files, each touching one small file. */
  readonly history?: number
}

const environment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
}

export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const own = options.folder === undefined
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'gantry-git-server-')))
  await mkdir(folder, { recursive: true })
  const requests: GitRequest[] = []
  const redirects = new Map<string, string>()
  const faults: { fault: GitFault; left: number }[] = []
  let latencyMs = options.latencyMs ?? 0

  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    void handle(request, response).catch(() => response.destroy())
  const server =
    options.tls === undefined ? createServer(onRequest) : createSecureServer(options.tls, onRequest)

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = describe(request)
    requests.push(entry)
    response.on('close', () => {
      entry.status = response.statusCode
    })
    if (latencyMs > 0) await wait(latencyMs)
    if (!isLetIn(entry, options.accounts)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const movedTo = redirects.get(entry.repo)
    if (movedTo !== undefined) {
      const location = (request.url ?? '').replace(`/${entry.repo}.git/`, `/${movedTo}.git/`)
      response.writeHead(301, { location: `${url}${location}` }).end()
      return
    }
    const action = takeFault(entry)
    if (action?.kind === 'status') {
      response.writeHead(action.status).end(`fault ${action.status}\n`)
    } else if (action?.kind === 'redirect') {
      response.writeHead(301, { location: action.location }).end()
    } else if (action?.kind === 'drop-before') {
      request.socket.destroy()
    } else {
      if (action?.kind === 'delay') await wait(action.delayMs)
      if (action?.kind === 'meanwhile') await action.act()
      await runBackend(folder, request, response, entry.user, action?.kind === 'drop-after')
    }
  }

  function takeFault(entry: GitRequest): GitFault['action'] | undefined {
    const found = faults.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.repo === undefined || fault.repo === entry.repo) &&
        (fault.service === undefined || fault.service === entry.service) &&
        (fault.phase === undefined || fault.phase === entry.phase),
    )
    if (found === undefined) return undefined
    found.left -= 1
    return found.fault.action
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  const dir = (repo: string): string => join(folder, `${repo}.git`)
  const git = (repo: string, ...args: string[]): Promise<string> => runGit(dir(repo), args)

  return {
    url,
    port,
    folder,
    requests,
    redirects,
    repoURL: (name) => `${url}/${name}.git`,
    async createRepo(name, files = {}, { branch = 'main', history = 0 } = {}) {
      await runGit(undefined, ['init', '-q', '--bare', `--initial-branch=${branch}`, dir(name)])
      await appendFile(join(dir(name), 'config'), repoConfig)
      if (history > 0) await runGit(dir(name), fastImport, historyScript(branch, history))
      if (Object.keys(files).length > 0) {
        await runGit(dir(name), fastImport, commitScript(branch, history > 0, files, 'initial'))
      }
      return `${url}/${name}.git`
    },
    async commit(repo, branch, files, message = 'another writer') {
      const exists = (await branchesOf(dir(repo))).includes(branch)
      await runGit(dir(repo), fastImport, commitScript(branch, exists, files, message))
      return (await git(repo, 'rev-parse', `refs/heads/${branch}`)).trim()
    },
    async linkCommit(repo, branch, path, commit) {
      const change = `M 160000 ${commit} ${path}\n`
      await runGit(
        dir(repo),
        fastImport,
        `${commitScript(branch, true, {}, `link ${path}`).trimEnd()}\n${change}\n`,
      )
    },
    readFile: (repo, branch, path) =>
      git(repo, 'cat-file', 'blob', `refs/heads/${branch}:${path}`).catch(() => undefined),
    async paths(repo, branch) {
      const out = await git(repo, 'ls-tree', '-r', '-z', '--name-only', `refs/heads/${branch}`)
      return out.split('\0').filter((path) => path !== '')
    },
    async commits(repo, branch) {
      if (!(await branchesOf(dir(repo))).includes(branch)) return []
      const format = '%H%x00%P%x00%s%x00%B%x00%an <%ae>%x00%cn <%ce>%x00%ct%x01'
      const out = await git(repo, 'log', `--format=${format}`, `refs/heads/${branch}`)
      return out.split('\x01\n').filter(Boolean).map(parseCommit)
    },
    branches: (repo) => branchesOf(dir(repo)),
    async tag(repo, name, at, message) {
      const annotated = message === undefined ? [] : ['-a', '-m', message]
      const who = ['-c', 'user.name=Tagger', '-c', 'user.email=tagger@example.com']
      await git(repo, ...who, 'tag', ...annotated, name, at)
    },
    async rejectPushes(repo, message) {
      const hook = join(dir(repo), 'hooks', 'pre-receive')
      if (message === undefined) return rm(hook, { force: true })
      await mkdir(join(dir(repo), 'hooks'), { recursive: true })
      await writeFile(join(dir(repo), 'rejection.txt'), `${message}\n`)
      await writeFile(hook, '#!/bin/sh\ncat rejection.txt >&2\nexit 1\n', { mode: 0o755 })
    },
    inject(fault) {
      faults.push({ fault, left: fault.times ?? 1 })
    },
    setLatency(value) {
      latencyMs = value
    },
    async fastImport(repo, script) {
      await runGit(dir(repo), fastImport, script)
    },
    git,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (own) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

const fastImport = ['fast-import', '--quiet', '--date-format=raw']

const repoConfig = `[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowReachableSHA1InWant = true
[receive]
	autogc = false
[gc]
	auto = 0
`

function describe(request: IncomingMessage): GitRequest {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const match = /^\/(.*?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/u.exec(
    url.pathname,
  )
  const named = match?.[2] === 'info/refs' ? url.searchParams.get('service') : match?.[2]
  const authorization = request.headers.authorization
  return {
    method: request.method ?? 'GET',
    repo: match?.[1] ?? '',
    service: named === 'git-upload-pack' || named === 'git-receive-pack' ? named : '',
    phase: match?.[2] === 'info/refs' ? 'refs' : 'rpc',
    authorization,
    user: userOf(authorization)?.username,
    status: 0,
  }
}

function userOf(header: string | undefined): { username: string; password: string } | undefined {
  if (header?.startsWith('Basic ') !== true) return undefined
  const [username = '', ...rest] = Buffer.from(header.slice(6), 'base64').toString().split(':')
  return { username, password: rest.join(':') }
}

function isLetIn(entry: GitRequest, accounts: GitServerOptions['accounts']): boolean {
  if (accounts === undefined) return true
  const sent = userOf(entry.authorization)
  return accounts.some((a) => a.username === sent?.username && a.password === sent.password)
}

/** Runs one request through git's CGI; with `mute`, to its end but without an answer. */
async function runBackend(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  user: string | undefined,
  mute: boolean,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn('git', ['http-backend'], {
    env: {
      ...environment,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: user ?? 'anonymous',
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => undefined)
  request.pipe(child.stdin)
  response.on('close', () => {
    if (!mute) child.stdout.destroy()
  })
  let head = Buffer.alloc(0)
  let isHeadSent = false
  for await (const chunk of child.stdout) {
    if (mute) continue
    if (isHeadSent) {
      if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve))
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) continue
    sendHead(response, head.subarray(0, end).toString())
    response.write(head.subarray(end + 4))
    isHeadSent = true
  }
  if (mute) request.socket.destroy()
  else response.end()
}

function sendHead(response: ServerResponse, head: string): void {
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
    else response.setHeader(name, value)
  }
}

function runGit(
  gitDir: string | undefined,
  args: readonly string[],
  input?: string | Uint8Array,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      gitDir === undefined ? [...args] : ['--git-dir', gitDir, ...args],
      { env: environment, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`git ${args.join(' ')}: ${stderr}`, { cause: error }))
        else resolve(stdout)
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input ?? '')
  })
}

async function branchesOf(gitDir: string): Promise<string[]> {
  const out = await runGit(gitDir, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads'])
  return out.split('\n').filter(Boolean)
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`
}

function commitScript(branch: string, exists: boolean, files: GitFiles, message: string): string {
  const now = Math.floor(Date.now() / 1000)
  const changes = Object.entries(files).map(([path, content]) =>
    content === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(content)}`,
  )
  return [
    `commit refs/heads/${branch}\n`,
    `committer Another Writer <writer@example.com> ${now} +0000\n`,
    data(message),
    exists ? `from refs/heads/${branch}^0\n` : '',
    ...changes,
    '\n',
  ].join('')
}

function historyScript(branch: string, count: number): string {
  const start = 1_600_000_000
  const parts: string[] = []
  for (let index = 0; index < count; index += 1) {
    parts.push(
      `commit refs/heads/${branch}\n`,
      `committer Historian <history@example.com> ${start + index * 60} +0000\n`,
      data(`change ${index}`),
      `M 100644 inline history/${index % 40}/${index % 7}.txt\n`,
      data(`line ${index}\n`),
    )
  }
  return parts.join('')
}

function parseCommit(record: string): GitCommit {
  const [id = '', parents = '', subject = '', message = '', author = '', committer = '', time] =
    record.split('\0')
  return {
    id,
    parents: parents.split(' ').filter(Boolean),
    subject,
    message: message.trimEnd(),
    author,
    committer,
    time: Number(time),
  }
}
