import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici'
import { GantryError } from '../core/errors.ts'
import type { AddressRules } from './address-rules.ts'
import { bareHost } from './bare-host.ts'
import { proxyFor, type ProxySettings } from './proxy.ts'

export interface Dispatchers {
  pick(url: URL, init: DispatchInit): Dispatcher
  /** Whether somebody else makes the connection to the host. */
  isProxied(url: URL, init: DispatchInit): boolean
  close(): Promise<void>
}

interface DispatchInit {
  readonly insecureSkipTLSVerify?: boolean | undefined
  readonly proxy?: string | undefined
}

const connectTimeoutMs = 10_000
/** Proxies that steps name; each keeps its connections for a while. */
const maxProxyAgents = 8

/** Errors that came before anything of the request left this process. */
const unsent = new WeakSet<Error>()

const unsentCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
])

/** Whether a failed request certainly never reached the server. */
export function isUnsent(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  if (unsent.has(thrown) || thrown instanceof GantryError) return true
  return 'code' in thrown && typeof thrown.code === 'string' && unsentCodes.has(thrown.code)
}

export function createDispatchers(
  addresses: AddressRules,
  environment: ProxySettings | undefined,
): Dispatchers {
  const direct = new Map<boolean, Agent>()
  const proxied = new Map<string, ProxyAgent>()
  const lookup = guardedLookup(addresses)

  const directAgent = (isInsecure: boolean): Agent => {
    const known = direct.get(isInsecure)
    if (known !== undefined) return known
    const connector = buildConnector({
      timeout: connectTimeoutMs,
      rejectUnauthorized: !isInsecure,
      lookup,
    })
    const agent = new Agent({
      connect(options, callback) {
        connector(options, (...result) => {
          const [error, socket] = result
          if (error === null) return callback(null, socket)
          unsent.add(error)
          return callback(error, null)
        })
      },
    })
    direct.set(isInsecure, agent)
    return agent
  }

  /** The operator's own proxy may be anywhere, also on this machine; one that a manifest names may not. */
  const proxyAgent = (uri: string, isInsecure: boolean, isOperators: boolean): ProxyAgent => {
    const key = `${isInsecure ? 'insecure' : 'verified'} ${isOperators ? 'own' : 'named'} ${uri}`
    const known = proxied.get(key)
    if (known !== undefined) return known
    const host = bareHost(new URL(uri).hostname)
    const why = isOperators || isIP(host) === 0 ? undefined : addresses.refusal(host)
    if (why !== undefined) {
      throw new GantryError('Forbidden', `refusing to reach the proxy ${host}: ${why}`)
    }
    const agent = new ProxyAgent({
      uri,
      proxyTls: { ...(!isOperators && { lookup }), timeout: connectTimeoutMs },
      requestTls: { rejectUnauthorized: !isInsecure },
    })
    const [oldest] = proxied.keys()
    if (proxied.size >= maxProxyAgents && oldest !== undefined) {
      void proxied.get(oldest)?.close()
      proxied.delete(oldest)
    }
    proxied.set(key, agent)
    return agent
  }

  return {
    pick(url, init) {
      const isInsecure = init.insecureSkipTLSVerify === true
      if (init.proxy !== undefined) return proxyAgent(init.proxy, isInsecure, false)
      const uri = proxyFor(url, environment)
      return uri === undefined ? directAgent(isInsecure) : proxyAgent(uri, isInsecure, true)
    },
    isProxied: (url, { proxy }) => proxy !== undefined || proxyFor(url, environment) !== undefined,
    async close() {
      await Promise.all([...direct.values(), ...proxied.values()].map((agent) => agent.destroy()))
    },
  }
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/** Name resolution that refuses: the socket is connected to the very addresses that were checked. */
function guardedLookup(addresses: AddressRules) {
  return (host: string, options: LookupOptions, callback: LookupCallback): void => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      for (const { address } of found) {
        const why = addresses.refusal(address)
        if (why !== undefined) {
          return callback(new GantryError('Forbidden', `refusing to reach ${host}: ${why}`), [])
        }
      }
      const [first] = found
      if (options.all === true || first === undefined) return callback(null, found)
      return callback(null, first.address, first.family)
    })
  }
}
