import { GantryError } from '../../core/errors.ts'
import type { HttpResponse } from '../../core/http.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { RegistryManifest, RegistryRepository } from '../../core/registry.ts'
import { digestOf, isDigest, verifyDigest } from './digest.ts'
import { manifestTypes } from './media-types.ts'
import { nextPage } from './next-page.ts'
import { isTag, type RepositoryAddress } from './reference.ts'
import type { Requests, Session } from './requests.ts'

const maxManifestBytes = 4 * 1024 * 1024
const maxPageBytes = 16 * 1024 * 1024
const pageSize = 1000
const maxPages = 2000
const maxTags = 1_000_000

const accept = manifestTypes.join(', ')

/** The calls on one repository, as one Project's credential allows them. */
export function createRepository(requests: Requests, session: Session): RegistryRepository {
  const { address, credential, insecureSkipTLSVerify } = session
  const trust = insecureSkipTLSVerify ? 'insecure' : 'verified'
  const root = `/v2/${address.path}`

  return {
    address: address.display,
    accessKey: `${address.host}/${address.path} ${trust} ${credential?.fingerprint ?? 'anonymous'}`,

    async tags() {
      const tags = new Set<string>()
      const pages = new Set<string>()
      let path: string | undefined = `${root}/tags/list?n=${pageSize}`
      while (path !== undefined) {
        if (pages.has(path)) {
          throw new GantryError('Invalid', `the tag list of ${address.display} does not end`)
        }
        pages.add(path)
        if (pages.size > maxPages || tags.size > maxTags) {
          throw new GantryError('TooLarge', `${address.display} has too many tags to list`)
        }
        const read = pageReader(address, path)
        const response = await requests.send(session, {
          method: 'GET',
          path,
          accept: 'application/json',
          maxBytes: maxPageBytes,
          check: read,
        })
        if (response.status === 404) {
          throw new GantryError('NotFound', `there is no repository ${address.display}`)
        }
        const page: Page = read(response)
        for (const tag of page.tags) tags.add(tag)
        path = page.next
      }
      return [...tags]
    },

    async resolve(tag) {
      const path = `${root}/manifests/${encodeURIComponent(tag)}`
      const response = await requests.send(session, {
        method: 'HEAD',
        path,
        accept,
        maxBytes: 1024,
      })
      if (response.status === 404) return undefined
      const digest = response.headers['docker-content-digest']
      if (digest === undefined || !isDigest(digest)) return this.manifest(tag)
      return { digest, mediaType: mediaTypeOf(response.headers['content-type'], {}) }
    },

    async manifest(reference): Promise<RegistryManifest | undefined> {
      const path = `${root}/manifests/${isDigest(reference) ? reference : encodeURIComponent(reference)}`
      const what = `manifest ${reference} of ${address.display}`
      const read = ({ headers, body }: HttpResponse): RegistryManifest => {
        const announced = headers['docker-content-digest']
        const digest = isDigest(reference) ? reference : (announced ?? digestOf(body))
        verifyDigest(digest, body, what)
        const document = parse(body, what)
        return { digest, mediaType: mediaTypeOf(headers['content-type'], document), document }
      }
      const response = await requests.send(session, {
        method: 'GET',
        path,
        accept,
        maxBytes: maxManifestBytes,
        isImmutable: isDigest(reference),
        check: read,
      })
      return response.status === 404 ? undefined : read(response)
    },

    async blob(digest, maxBytes) {
      const what = `blob ${digest} of ${address.display}`
      if (!isDigest(digest)) throw new GantryError('Invalid', `${what}: that is no digest`)
      const path = `${root}/blobs/${digest}`
      const response = await requests.send(session, {
        method: 'GET',
        path,
        maxBytes,
        isImmutable: true,
      })
      if (response.status === 404) throw new GantryError('NotFound', `there is no ${what}`)
      verifyDigest(digest, response.body, what)
      return response.body
    },
  }
}

function parse(body: Uint8Array, what: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (cause) {
    throw new GantryError('Invalid', `${what}: the registry's answer is not JSON`, { cause })
  }
  if (!isJsonObject(value)) {
    throw new GantryError('Invalid', `${what}: the registry's answer is not an object`)
  }
  return value
}

interface Page {
  readonly tags: readonly string[]
  /** Path of the page after it. */
  readonly next: string | undefined
}

function pageReader(address: RepositoryAddress, path: string): (response: HttpResponse) => Page {
  return ({ headers, body }) => ({
    tags: tagsOf(parse(body, `the tag list of ${address.display}`), address.display),
    next: nextPage(headers['link'], address.host, path),
  })
}

/** `tags` may be null, or left out beside the name, where there are none; an answer without either is no list. */
function tagsOf({ tags, name }: JsonObject, what: string): string[] {
  if (tags === null || (tags === undefined && typeof name === 'string')) return []
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) {
    throw new GantryError('Invalid', `${what}: the registry's list of tags is not one`)
  }
  // Anything else would be a path or an option to whoever is handed it.
  return tags.filter(isTag)
}

function mediaTypeOf(contentType: string | undefined, { mediaType }: JsonObject): string {
  if (typeof mediaType === 'string') return mediaType
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
