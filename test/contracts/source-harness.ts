import type { TestContext } from 'node:test'
import { stringify } from 'yaml'
import type { JsonObject } from '../../src/core/json.ts'
import type { MirrorCapability } from '../../src/source.ts'
import { makeGitParts } from '../git-parts.ts'
import { startDocumentServer, type DocumentServer } from '../servers/document-server.ts'
import { startGitServer } from '../servers/git-server.ts'
import { pushSampleImage, startRegistry } from '../servers/registry.ts'

/** A real remote of one kind of source, as the shared suite needs it. */
export interface SourceRemote {
  /** What looks at it; versions are let through best first. */
  readonly subscription: JsonObject
  readonly mirrors?: MirrorCapability | undefined
  /** Publishes a version: later ones are better. */
  publish(version: string): Promise<void>
  /** The version of an artifact of the result. */
  versionOf(artifact: JsonObject): string
  /** Every request is answered so from now on. */
  failWith(status: number): void
  /** How much was downloaded, in requests, since the last call. */
  downloads(): number
}

/** One for each source: a source without one fails the suite. */
export const sourceRemotes: Readonly<Record<string, (t: TestContext) => Promise<SourceRemote>>> = {
  async image(t) {
    const registry = await startRegistry({ pageSize: 2 })
    t.after(() => registry.close())
    return {
      subscription: { repoURL: `${registry.host}/team/app` },
      publish: async (version) => void (await pushSampleImage(registry, 'team/app', version)),
      versionOf: ({ tag }) => (typeof tag === 'string' ? tag : ''),
      failWith: (status) => registry.inject({ status, times: 1000, headers: retryAfter(status) }),
      downloads() {
        const found = registry.log.filter(
          ({ method, path, status }) =>
            method === 'GET' && status === 200 && !path.includes('/tags/'),
        )
        registry.log.length = 0
        return found.length
      },
    }
  },

  async chart(t) {
    const server = await startDocumentServer()
    t.after(() => server.close())
    const versions: string[] = []
    return {
      subscription: { repoURL: server.url, name: 'app' },
      async publish(version) {
        versions.push(version)
        const entries = { app: versions.map((each) => ({ name: 'app', version: each })) }
        server.documents.set('/index.yaml', stringify({ apiVersion: 'v1', entries }))
      },
      versionOf: ({ version }) => (typeof version === 'string' ? version : ''),
      failWith: (status) => server.failWith(status, retryAfter(status)),
      downloads: () => downloadsOf(server),
    }
  },

  async http(t) {
    const server = await startDocumentServer()
    t.after(() => server.close())
    const releases: JsonObject[] = []
    return {
      subscription: { url: `${server.url}/index.json`, versions: 'response.body.releases' },
      async publish(version) {
        releases.push({ version, metadata: { notes: `what is new in ${version}` } })
        server.documents.set('/index.json', JSON.stringify({ releases }))
      },
      versionOf: ({ version }) => (typeof version === 'string' ? version : ''),
      failWith: (status) => server.failWith(status, retryAfter(status)),
      downloads: () => downloadsOf(server),
    }
  },

  async git(t) {
    const server = await startGitServer()
    t.after(() => server.close())
    const repoURL = await server.createRepo('app', { f: 'first' })
    const { mirrors } = await makeGitParts(t)
    return {
      subscription: { repoURL, commitSelectionStrategy: 'SemVer' },
      mirrors,
      async publish(version) {
        const id = await server.commit('app', 'main', { f: version })
        await server.tag('app', version, id, `version ${version}`)
      },
      versionOf: ({ tag }) => (typeof tag === 'string' ? tag : ''),
      failWith: (status) => server.inject({ times: 1000, action: { kind: 'status', status } }),
      downloads() {
        const found = server.requests.filter(({ phase }) => phase === 'rpc')
        server.requests.length = 0
        return found.length
      },
    }
  },
}

function downloadsOf(server: DocumentServer): number {
  const found = server.log.filter(({ status }) => status === 200)
  server.log.length = 0
  return found.length
}

function retryAfter(status: number): Readonly<Record<string, string>> {
  return status === 429 ? { 'retry-after': '60' } : {}
}
