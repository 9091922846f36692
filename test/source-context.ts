import type { Clock } from '../src/core/clock.ts'
import { silentLogger } from '../src/core/log.ts'
import type { Credential, CredentialLookup } from '../src/core/credential.ts'
import type { MirrorCapability } from '../src/core/git.ts'
import type { JsonObject } from '../src/core/json.ts'
import type { DigestCache } from '../src/core/registry.ts'
import { defaultSourceSettings, type SourceSettings } from '../src/core/source-settings.ts'
import { createAddressRules } from '../src/lib/address-rules.ts'
import { createDocuments } from '../src/lib/documents.ts'
import { createHttp } from '../src/lib/http.ts'
import { createPace } from '../src/lib/pace.ts'
import { createRegistries } from '../src/lib/registry/index.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { createYaml } from '../src/lib/yaml-thread/yaml.ts'
import type { SourceContext } from '../src/source.ts'

/** What sources are handed, over real connections on loopback. Close it after the tests. */
export interface TestSourceContext extends SourceContext {
  readonly cache: MemoryCache
  close(): Promise<void>
}

export interface MemoryCache extends DigestCache {
  clear(): void
}

const noMirrors: MirrorCapability = {
  refs: () => Promise.reject(new Error('no mirrors in this test')),
  look: () => Promise.reject(new Error('no mirrors in this test')),
  open: () => Promise.reject(new Error('no mirrors in this test')),
}

export function createSourceContext(
  options: {
    credential?: Credential
    /** Instead of `credential`, where it changes. */
    credentials?: CredentialLookup
    mirrors?: MirrorCapability
    settings?: SourceSettings
    /** Default: the system's. */
    clock?: Clock
  } = {},
): TestSourceContext {
  const addresses = createAddressRules({ allowLoopback: true })
  const { clock = systemClock } = options
  const http = createHttp({ clock, addresses })
  const { credentials = { find: async () => options.credential } } = options
  const yaml = createYaml({ clock })
  const pace = createPace({ clock, ratePerSecond: 1000 })
  return {
    project: 'demo',
    warehouse: 'web',
    credentials,
    http,
    mirrors: options.mirrors ?? noMirrors,
    registries: createRegistries({ http, credentials, clock, pace }),
    documents: createDocuments({ http, clock, yaml, pace }),
    settings: options.settings ?? defaultSourceSettings,
    cache: memoryCache(),
    clock,
    log: silentLogger,
    signal: new AbortController().signal,
    async close() {
      await Promise.all([http.close(), yaml.close()])
    },
  }
}

function memoryCache(): MemoryCache {
  const facts = new Map<string, JsonObject>()
  return {
    get: async (key) => facts.get(key),
    async put(key, value) {
      facts.set(key, structuredClone(value))
    },
    clear: () => facts.clear(),
  }
}
