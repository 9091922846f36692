import type { TestContext } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import type { MirrorCapability } from '../../src/source.ts'
import { makeGitParts } from '../git-parts.ts'
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

function retryAfter(status: number): Readonly<Record<string, string>> {
  return status === 429 ? { 'retry-after': '60' } : {}
}
