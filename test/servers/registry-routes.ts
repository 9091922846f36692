import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Doorman } from './registry-auth.ts'
import {
  isDigestOf,
  referrersOf,
  startUpload,
  storeManifest,
  type StoredRepo,
} from './registry-storage.ts'

const maxBodyBytes = 256 * 1024 * 1024

export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly repo: (name: string) => StoredRepo
  readonly repos: ReadonlyMap<string, StoredRepo>
  readonly doorman: Doorman
  /** Most tags in one page. */
  readonly pageSize: number
}

/** Answers one request as the distribution API says. */
export async function answer(call: Call): Promise<void> {
  const { request, response, url, doorman } = call
  const method = request.method ?? 'GET'
  if (url.pathname === '/token') return issueToken(call)
  const route = /^\/v2\/(.+)\/(tags|manifests|blobs|referrers)\/(.*)$/.exec(url.pathname)
  const [, name = '', noun = '', rest = ''] = route ?? []
  const action = method === 'GET' || method === 'HEAD' ? 'pull' : 'push'
  const need = route === null ? undefined : ({ repo: name, action } as const)
  const challenge = doorman.challenge(request.headers.authorization, need)
  if (challenge !== undefined) {
    request.resume()
    response.setHeader('www-authenticate', challenge)
    return fail(response, 401, 'UNAUTHORIZED', 'authentication required')
  }
  if (url.pathname === '/v2/' || url.pathname === '/v2') return send(response, 200, '{}')
  if (route === null) return fail(response, 404, 'UNSUPPORTED', 'no such route')
  if (action === 'pull' && !call.repos.has(name)) {
    return fail(response, 404, 'NAME_UNKNOWN', `repository ${name} is not known`)
  }
  if (noun === 'tags') return listTags(call, name)
  if (noun === 'referrers') {
    const index = referrersOf(call.repo(name), rest, url.searchParams.get('artifactType'))
    response.setHeader('content-type', 'application/vnd.oci.image.index.v1+json')
    return send(response, 200, JSON.stringify(index))
  }
  return noun === 'manifests' ? manifests(call, name, rest) : blobs(call, name, rest)
}

function issueToken({ request, response, url, doorman }: Call): void {
  const scopes = url.searchParams.getAll('scope').flatMap((scope) => scope.split(' '))
  const token = doorman.issue(request.headers.authorization, scopes)
  if (token === undefined) return fail(response, 401, 'UNAUTHORIZED', 'wrong credentials')
  return send(response, 200, JSON.stringify(token))
}

function listTags({ response, url, repo, pageSize, request }: Call, name: string): void {
  const asked = Number(url.searchParams.get('n') ?? '0')
  const size = asked > 0 ? Math.min(asked, pageSize) : pageSize
  const last = url.searchParams.get('last') ?? ''
  const all = [...repo(name).tags.keys()].sort().filter((tag) => tag > last)
  const tags = all.slice(0, size)
  const body = JSON.stringify({ name, tags })
  if (all.length > size) {
    const next = new URLSearchParams({ n: String(size), last: tags.at(-1) ?? '' })
    response.setHeader('link', `</v2/${name}/tags/list?${next}>; rel="next"`)
  }
  return sendCached(request, response, 'application/json', Buffer.from(body))
}

async function manifests(call: Call, name: string, reference: string): Promise<void> {
  const { request, response } = call
  const repo = call.repo(name)
  if (request.method === 'PUT') {
    const body = await bodyOf(request)
    const contentType = request.headers['content-type'] ?? ''
    const verdict = storeManifest(repo, reference, contentType, body)
    if ('error' in verdict) return fail(response, 400, verdict.error, verdict.message)
    response.setHeader('docker-content-digest', verdict.stored.digest)
    response.setHeader('location', `/v2/${name}/manifests/${verdict.stored.digest}`)
    if (verdict.stored.subject !== undefined)
      response.setHeader('oci-subject', verdict.stored.subject)
    return send(response, 201, '')
  }
  const digest = reference.includes(':') ? reference : repo.tags.get(reference)
  const stored = digest === undefined ? undefined : repo.manifests.get(digest)
  if (stored === undefined) return fail(response, 404, 'MANIFEST_UNKNOWN', `no ${reference}`)
  if (request.method === 'DELETE') {
    if (reference.includes(':')) {
      repo.manifests.delete(reference)
      for (const [tag, target] of repo.tags) if (target === reference) repo.tags.delete(tag)
    } else repo.tags.delete(reference)
    return send(response, 202, '')
  }
  response.setHeader('docker-content-digest', stored.digest)
  return sendCached(request, response, stored.mediaType, stored.body, stored.digest)
}

async function blobs(call: Call, name: string, rest: string): Promise<void> {
  const { request, response, url } = call
  const repo = call.repo(name)
  const upload = /^uploads\/(.*)$/.exec(rest)?.[1]
  if (upload === undefined) {
    const blob = repo.blobs.get(rest)
    if (blob === undefined) return fail(response, 404, 'BLOB_UNKNOWN', `no ${rest}`)
    response.setHeader('docker-content-digest', rest)
    return sendCached(request, response, 'application/octet-stream', blob, rest)
  }
  const digest = url.searchParams.get('digest')
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount')
    const from = url.searchParams.get('from')
    const mounted = from && mount ? call.repos.get(from)?.blobs.get(mount) : undefined
    if (mount && mounted) {
      repo.blobs.set(mount, mounted)
      response.setHeader('location', `/v2/${name}/blobs/${mount}`)
      return send(response, 201, '')
    }
    const body = await bodyOf(request)
    if (digest !== null) return finishUpload(response, repo, name, digest, body)
    return acceptUpload(response, name, startUpload(repo), 0)
  }
  const soFar = repo.uploads.get(upload)
  if (soFar === undefined) return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload')
  const body = Buffer.concat([soFar, await bodyOf(request)])
  if (request.method === 'PATCH') {
    repo.uploads.set(upload, body)
    return acceptUpload(response, name, upload, body.length)
  }
  repo.uploads.delete(upload)
  return finishUpload(response, repo, name, digest ?? '', body)
}

function acceptUpload(response: ServerResponse, name: string, id: string, length: number): void {
  response.setHeader('location', `/v2/${name}/blobs/uploads/${id}`)
  response.setHeader('range', `0-${Math.max(0, length - 1)}`)
  return send(response, 202, '')
}

function finishUpload(
  response: ServerResponse,
  repo: StoredRepo,
  name: string,
  digest: string,
  body: Buffer,
): void {
  if (!isDigestOf(digest, body)) return fail(response, 400, 'DIGEST_INVALID', 'digest mismatch')
  repo.blobs.set(digest, body)
  response.setHeader('location', `/v2/${name}/blobs/${digest}`)
  response.setHeader('docker-content-digest', digest)
  return send(response, 201, '')
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new Error('the body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** With an ETag, answering 304 to who has it; a HEAD gets no body. */
function sendCached(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
  body: Buffer,
  tag = `${body.length}-${body.toString('base64').slice(-32)}`,
): void {
  const etag = `"${tag}"`
  response.setHeader('etag', etag)
  response.setHeader('content-type', contentType)
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304)
    response.end()
    return
  }
  response.writeHead(200, { 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function send(response: ServerResponse, status: number, body: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json')
  response.writeHead(status)
  response.end(body)
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  send(response, status, errorBody(code, message))
}

export function errorBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] })
}
