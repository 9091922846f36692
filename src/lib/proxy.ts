import { BlockList, isIP } from 'node:net'
import { GantryError } from '../core/errors.ts'
import { bareHost } from './bare-host.ts'

/** As in HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export interface ProxySettings {
  readonly http?: string | undefined
  readonly https?: string | undefined
  /**
   * What is reached directly: hosts and domains with all that is below them, both with a port if wanted; addresses and
   * networks (`10.0.0.0/8`); or `*`.
   */
  readonly no?: readonly string[] | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the usual variables, in small letters before capitals; undefined when no proxy is named. BadRequest for one that
 * names none that can be used.
 */
export function readProxySettings(env: Environment): ProxySettings | undefined {
  const http = readProxy(env, 'HTTP_PROXY') ?? readProxy(env, 'ALL_PROXY')
  const https = readProxy(env, 'HTTPS_PROXY') ?? readProxy(env, 'ALL_PROXY')
  if (http === undefined && https === undefined) return undefined
  const no = read(env, 'NO_PROXY')
    ?.text.split(/[\s,]+/u)
    .filter((entry) => entry !== '')
  return { http, https, no }
}

/** What of the settings must be shown nowhere, in each of its spellings. */
export function proxySecrets(settings: ProxySettings | undefined): readonly string[] {
  return [settings?.http, settings?.https].flatMap((text) => {
    const [, raw = ''] = /^[^/]*\/\/[^/]*?:([^/]*)@/u.exec(text ?? '') ?? []
    return raw === '' ? [] : [raw, decodeURIComponent(raw)]
  })
}

/** The proxy for a URL; undefined: it is reached directly, as this machine itself always is. */
export function proxyFor(url: URL, settings: ProxySettings | undefined): string | undefined {
  const host = bareHost(url.hostname).toLowerCase()
  if (settings === undefined || host === 'localhost' || /^(127\.|::1$)/u.test(host))
    return undefined
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  if ((settings.no ?? []).some((entry) => isMeant(entry.trim().toLowerCase(), host, port)))
    return undefined
  if (url.protocol === 'https:') return settings.https
  return url.protocol === 'http:' ? settings.http : undefined
}

function read(env: Environment, name: string): { name: string; text: string } | undefined {
  const [found] = [name.toLowerCase(), name].flatMap((each) => {
    const text = (env[each] ?? '').trim()
    return text === '' ? [] : [{ name: each, text }]
  })
  return found
}

function readProxy(env: Environment, called: string): string | undefined {
  const found = read(env, called)
  if (found === undefined) return undefined
  const { name } = found
  const text = found.text.includes('://') ? found.text : `http://${found.text}`
  // What is wrong is told without the text: it may hold a password.
  const refuse = (why: string): GantryError =>
    new GantryError('BadRequest', `${name} ${why}: use http://[user:password@]host:port`)
  if (!URL.canParse(text)) throw refuse('is not the address of a proxy')
  const { protocol, username, password, pathname } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:')
    throw refuse(`names a proxy of the kind ${protocol}//, which is not spoken here`)
  if (!isDecodable(username) || !isDecodable(password))
    throw refuse('has an account with a % that begins no character, write it as %25')
  if (pathname !== '/')
    throw refuse('has a path, or an account with a / that is not written as %2F')
  return text
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** Whether an entry of NO_PROXY speaks of this host. */
function isMeant(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const [, wrapped, plain, wanted] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/u.exec(entry) ?? []
  if (wanted !== undefined && wanted !== port) return false
  const name = wrapped ?? plain ?? entry
  if (isIP(host) !== 0) return isInNetwork(name, host)
  const suffix = name.replace(/^\*?\./u, '')
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`))
}

function isInNetwork(text: string, ip: string): boolean {
  const [address = '', prefix] = text.split('/')
  const family = isIP(address)
  if (family === 0 || family !== isIP(ip)) return false
  const bits = Number(prefix ?? (family === 6 ? 128 : 32))
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32)) return false
  const list = new BlockList()
  const kind = family === 6 ? 'ipv6' : 'ipv4'
  list.addSubnet(address, bits, kind)
  return list.check(ip, kind)
}
