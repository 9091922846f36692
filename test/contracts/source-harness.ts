import type { TestContext } from 'node:test'
import { stringify } from 'yaml'
import type { Credential } from '../../src/core/credential.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { MirrorCapability } from '../../src/core/git.ts'
import { makeGitParts } from '../git-parts.ts'
import { startDocumentServer, type DocumentServer } from '../servers/document-server.ts'
import { startGitServer } from '../servers/git-server.ts'
import { pushSampleImage, startRegistry, type Registry } from '../servers/registry.ts'

/** A real remote of one kind of source, as the shared suite needs it. */
export interface SourceRemote {
  /** Port on 127.0.0.1. */
  readonly port: number
  /** What looks at it, there or through a proxy at another port; versions are let through best first. */
  subscription(port?: number): JsonObject
  /** Another subscription to the same host, which finds nothing. */
  readonly another: JsonObject
  readonly mirrors?: MirrorCapability | undefined
  /** Publishes a version: later ones are better. */
  publish(version: string): Promise<void>
  /** The version of an artifact of the result. */
  versionOf(artifact: JsonObject): string
  /** Every request is answered so, until it is healed. */
  failWith(status: number, headers?: Readonly<Record<string, string>>): void
  heal(): void
  /** What the requests since the last call carried as `Authorization`. */
  requests(): readonly (string | undefined)[]
  /** How much was downloaded, in requests, since the last call of this or of `requests`. */
  downloads(): number
}

export interface SourceRemotes {
  readonly kind: string
  /** Of the variant: `chart over OCI`. */
  readonly name: string
  /** Its answers are HTTP that we read ourselves: git reads its own. */
  readonly isHttp: boolean
  /** What it looks at may be opened by a Secret. */
  readonly hasCredential: boolean
  start(t: TestContext, credential?: Credential): Promise<SourceRemote>
}

/** One or more for each source: a source without one fails the suite. */
export const sourceRemotes: readonly SourceRemotes[] = [
  {
    kind: 'image',
    name: 'image',
    isHttp: true,
    hasCredential: true,
    async start(t, credential) {
      const { registry, ...remote } = await registryRemote(t, credential)
      const at = (port: number, path: string) => ({ repoURL: `127.0.0.1:${port}/${path}` })
      return {
        ...remote,
        subscription: (port = remote.port) => at(port, 'team/app'),
        another: at(remote.port, 'team/other'),
        publish: async (version) => void (await pushSampleImage(registry, 'team/app', version)),
        versionOf: ({ tag }) => textOf(tag),
      }
    },
  },
  {
    kind: 'chart',
    name: 'chart over OCI',
    isHttp: true,
    hasCredential: true,
    async start(t, credential) {
      const { registry, ...remote } = await registryRemote(t, credential)
      const at = (port: number, path: string) => ({ repoURL: `oci://127.0.0.1:${port}/${path}` })
      return {
        ...remote,
        subscription: (port = remote.port) => at(port, 'charts/app'),
        another: at(remote.port, 'charts/other'),
        publish: async (version) => void (await pushSampleImage(registry, 'charts/app', version)),
        versionOf: ({ version }) => textOf(version),
      }
    },
  },
  {
    kind: 'chart',
    name: 'chart',
    isHttp: true,
    hasCredential: true,
    async start(t, credential) {
      const { server, ...remote } = await documentRemote(t, credential)
      const versions: string[] = []
      const at = (port: number) => ({ repoURL: `http://127.0.0.1:${port}`, name: 'app' })
      return {
        ...remote,
        subscription: (port = remote.port) => at(port),
        another: { repoURL: `${server.url}/other`, name: 'app' },
        async publish(version) {
          versions.push(version)
          const entries = { app: versions.map((each) => ({ name: 'app', version: each })) }
          server.documents.set('/index.yaml', stringify({ apiVersion: 'v1', entries }))
        },
        versionOf: ({ version }) => textOf(version),
      }
    },
  },
  {
    kind: 'http',
    name: 'http',
    isHttp: true,
    hasCredential: false,
    async start(t) {
      const { server, ...remote } = await documentRemote(t, undefined)
      const releases: JsonObject[] = []
      const at = (port: number, path: string) => ({
        url: `http://127.0.0.1:${port}/${path}`,
        versions: 'response.body.releases',
      })
      return {
        ...remote,
        subscription: (port = remote.port) => at(port, 'index.json'),
        another: at(remote.port, 'other.json'),
        async publish(version) {
          releases.push({ version, metadata: { notes: `what is new in ${version}` } })
          server.documents.set('/index.json', JSON.stringify({ releases }))
        },
        versionOf: ({ version }) => textOf(version),
      }
    },
  },
  {
    kind: 'git',
    name: 'git',
    isHttp: false,
    hasCredential: true,
    async start(t) {
      const server = await startGitServer()
      t.after(() => server.close())
      const repoURL = await server.createRepo('app', { f: 'first' })
      const { mirrors } = await makeGitParts(t)
      const strategy = { commitSelectionStrategy: 'SemVer' }
      return {
        port: server.port,
        subscription: () => ({ repoURL, ...strategy }),
        another: { repoURL: server.repoURL('other'), ...strategy },
        mirrors,
        async publish(version) {
          const id = await server.commit('app', 'main', { f: version })
          await server.tag('app', version, id, `version ${version}`)
        },
        versionOf: ({ tag }) => textOf(tag),
        failWith: (status) => server.inject({ times: 1000, action: { kind: 'status', status } }),
        heal: () => undefined,
        requests: () => server.requests.splice(0).map(({ authorization }) => authorization),
        downloads: () => server.requests.splice(0).filter(({ phase }) => phase === 'rpc').length,
      }
    },
  },
]

async function registryRemote(t: TestContext, credential: Credential | undefined) {
  const registry: Registry = await startRegistry({
    pageSize: 2,
    ...(credential && { auth: { kind: 'basic', ...loginOf(credential) } }),
  })
  t.after(() => registry.close())
  return {
    registry,
    port: Number(registry.host.split(':')[1]),
    failWith: (status: number, headers = {}) => registry.inject({ status, times: 1000, headers }),
    heal: () => registry.heal(),
    requests: () => registry.log.splice(0).map(({ authorization }) => authorization),
    downloads: () =>
      registry.log.splice(0).filter(({ method, status }) => method === 'GET' && status === 200)
        .length,
  }
}

async function documentRemote(t: TestContext, credential: Credential | undefined) {
  const server: DocumentServer = await startDocumentServer(credential && loginOf(credential))
  t.after(() => server.close())
  return {
    server,
    port: server.port,
    failWith: (status: number, headers = {}) => server.failWith(status, headers),
    heal: () => server.heal(),
    requests: () => server.log.splice(0).map(({ authorization }) => authorization),
    downloads: () => server.log.splice(0).filter(({ status }) => status === 200).length,
  }
}

function loginOf({ username = '', password = '' }: Credential) {
  return { username, password }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
