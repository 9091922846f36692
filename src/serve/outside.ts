import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isLoopback } from '../api/listen.ts'
import type { Clock } from '../core/clock.ts'
import type { CredentialLookup } from '../core/credential.ts'
import type { DocumentCapability } from '../core/documents.ts'
import type { MirrorCapability } from '../core/git.ts'
import { labels } from '../core/kinds/labels.ts'
import { SecretKind } from '../core/kinds/secret.ts'
import type { Logger } from '../core/log.ts'
import type { Redactor } from '../core/redact.ts'
import type { DigestCache, RegistryCapability } from '../core/registry.ts'
import { cloudIdentityServices, createAddressRules } from '../lib/address-rules.ts'
import { createCredentialCheck } from '../lib/credential-check/check.ts'
import { createCredentialLookup } from '../lib/credential-lookup.ts'
import { createDigestCache } from '../lib/digest-cache.ts'
import { createDocuments } from '../lib/documents.ts'
import { carefree } from '../lib/carefree-http.ts'
import { createExec } from '../lib/exec.ts'
import { createGitCapability } from '../lib/git/capability.ts'
import { createGit } from '../lib/git/git.ts'
import { createMirrors } from '../lib/git/mirrors.ts'
import { createHttp } from '../lib/http.ts'
import { makeFolder } from '../lib/make-folder.ts'
import { endOrphans } from '../lib/orphans.ts'
import { createPace } from '../lib/pace.ts'
import { proxyFor, proxySecrets, type ProxySettings, readProxySettings } from '../lib/proxy.ts'
import { createRegistries } from '../lib/registry/index.ts'
import { readSmallFile } from '../lib/small-file.ts'
import { type Workspaces, createWorkspaces } from '../lib/workspace.ts'
import { createYaml, type Yaml } from '../lib/yaml-thread/yaml.ts'
import { credentials as providers } from '../plugins.gen.ts'
import type { StepCapabilities } from '../step.ts'
import type { Store } from '../store.ts'
import { toBytes, toCount, toNetworks, toPushIntegration } from './read-env.ts'

/**
 * Everything through which Gantry touches the world: network, git, registries, files of promotions. What steps and
 * sources are handed of it is what its type says, not a larger thing behind it: how to close it stays here.
 */
export interface Outside {
  readonly credentials: CredentialLookup
  readonly checkCredentials: ReturnType<typeof createCredentialCheck>
  readonly http: StepCapabilities['http']
  readonly git: StepCapabilities['git']
  readonly mirrors: MirrorCapability
  readonly registries: RegistryCapability
  readonly documents: DocumentCapability
  readonly cache: DigestCache
  readonly workspaces: Workspaces
  readonly yaml: Yaml
}

export interface OutsideOptions {
  readonly dataPath: string
  /** The address that Gantry listens on: while that is loopback, steps may reach loopback too. */
  readonly host: string
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly log: Logger
  readonly redactor: Redactor
  readonly store: Store
  readonly sharedNamespace: string
}

/** Never asked through a proxy: they are there for this machine alone, and would tell who the proxy is. */
function withoutIdentityServices(proxy: ProxySettings, env: NodeJS.ProcessEnv): ProxySettings {
  const google = env['GCE_METADATA_HOST']?.replace(/:\d+$/u, '') || 'metadata.google.internal'
  return { ...proxy, no: [...(proxy.no ?? []), ...cloudIdentityServices, google] }
}

/** Opens it all; children that a killed predecessor left behind are ended first. */
export async function openOutside(
  parts: AsyncDisposableStack,
  options: OutsideOptions,
): Promise<Outside> {
  const { dataPath, env, clock, log, redactor, store } = options
  const folder = (name: string): string => {
    const path = join(dataPath, name)
    makeFolder(path)
    return path
  }
  const registry = folder('children')
  const orphans = await endOrphans(registry)
  if (orphans > 0) log.warn('ended children of an earlier process', { orphans })
  // A folder of an earlier process is never gone on with: the engine builds it anew.
  await rm(join(dataPath, 'workspaces'), { recursive: true, force: true, maxRetries: 3 })
  const allowPlainHttp = env['ALLOW_CREDENTIALS_OVER_HTTP'] === 'true'
  const addressOptions = {
    allowLoopback: isLoopback(options.host) || env['GANTRY_ALLOW_LOOPBACK'] === 'true',
    allow: toNetworks(env, 'GANTRY_ALLOW_NETWORKS'),
    deny: toNetworks(env, 'GANTRY_DENY_NETWORKS'),
  }
  const addresses = createAddressRules(addressOptions)
  const proxy = readProxySettings(env)
  for (const secret of proxySecrets(proxy)) redactor.add(secret)
  const yaml = createYaml({ clock })
  parts.defer(() => yaml.close())
  const http = createHttp({ clock, addresses, proxy })
  parts.defer(() => http.close())
  const ambientHttp =
    env['CREDENTIAL_PROVIDERS_ENABLED'] === 'true'
      ? createHttp({
          clock,
          addresses: createAddressRules({
            ...addressOptions,
            identityServices: cloudIdentityServices,
          }),
          proxy: proxy && withoutIdentityServices(proxy, env),
        })
      : undefined
  if (ambientHttp !== undefined) parts.defer(() => ambientHttp.close())
  const directory = createCredentialLookup({
    listSecrets: async (namespace, type) => {
      const selector = { matchLabels: { [labels.credType]: type } }
      return (await store.list(SecretKind, { namespace, labels: selector })).items
    },
    providers,
    sharedNamespace: options.sharedNamespace,
    allowPlainHttp,
    http,
    ambientHttp,
    clock,
    env,
    readFile: readSmallFile,
    redactor,
    log,
  })
  parts.defer(() => directory.close())
  const credentials: CredentialLookup = { find: (request) => directory.find(request) }
  const exec = createExec({ clock, registry, redact: (text) => redactor.redact(text) })
  const git = createGit({
    exec,
    addresses,
    credentials,
    http,
    proxyFor: (url) => proxyFor(url, proxy),
    tempFolder: folder('keys'),
    allowPlainHttpCredentials: allowPlainHttp,
  })
  const mirrors = createMirrors({
    folder: folder('mirrors'),
    git,
    clock,
    log,
    maxBytes: toBytes(env, 'GANTRY_MIRROR_MAX_BYTES'),
  })
  parts.defer(() => mirrors.close())
  const ratePerSecond = toCount(env, 'IMAGE_REGISTRY_RATE_LIMIT', 20)
  // One for both: a host that refuses one of them is left alone by the other.
  const pace = createPace({ clock, ratePerSecond })
  const registries = createRegistries({
    http,
    credentials,
    clock,
    allowPlainHttpCredentials: allowPlainHttp,
    pace,
  })
  const documentHttp = allowPlainHttp ? carefree(http) : http
  const gitCapability = createGitCapability({
    git,
    mirrors,
    identity: {
      name: env['GITCLIENT_NAME'] || 'Kargo',
      email: env['GITCLIENT_EMAIL'] || 'no-reply@kargo.io',
    },
    pushIntegration: toPushIntegration(env['GIT_PUSH_INTEGRATION_POLICY']),
  })
  return {
    credentials,
    checkCredentials: createCredentialCheck({
      git: gitCapability,
      registries,
      credentials: directory,
      http: documentHttp,
      clock,
      redactor,
    }),
    http: { fetch: (url, init) => http.fetch(url, init) },
    mirrors: {
      refs: (request) => mirrors.refs(request),
      look: (request) => mirrors.look(request),
      open: (request) => mirrors.open(request),
    },
    registries,
    documents: createDocuments({ http: documentHttp, clock, yaml, pace }),
    cache: createDigestCache({
      folder: folder('digests'),
      log,
      maxEntries: toCount(env, 'MAX_IMAGE_CACHE_ENTRIES', 100_000),
    }),
    workspaces: createWorkspaces({ folder: folder('workspaces') }),
    git: gitCapability,
    yaml,
  }
}
