import { type BlockList, isIP } from 'node:net'
import { lookup } from 'node:dns/promises'
import { GantryError } from '../core/errors.ts'
import { bareHost } from './bare-host.ts'
import { networks, unwrapped } from './networks.ts'

/**
 * Which addresses outgoing requests may reach. Link-local and cloud-metadata addresses: never. Loopback: when allowed.
 * Private ranges: yes, that is where people's git servers are. Checked on the resolved address, never on the name.
 */
export interface AddressRules {
  /** Why an IP address must not be reached; undefined when it may. */
  refusal(ip: string): string | undefined
  /**
   * Why a host must not be reached, as far as that can be said without finding its name: an address that must not be, or a
   * name under which clouds tell who a machine is. For proxies: of any other name only they can tell where it leads.
   */
  refusalUnresolved(host: string): string | undefined
  /** The addresses of a host that may be reached. Throws Forbidden when one of them may not, Unreachable when none. */
  resolve(host: string): Promise<readonly ResolvedAddress[]>
  /** True when traffic to a URL counts as protected: https, or a loopback address. */
  isSecure(url: URL): Promise<boolean>
}

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

export interface AddressOptions {
  /** May loopback be reached? Safe only while Gantry itself listens on loopback alone. */
  readonly allowLoopback: boolean
  /** Networks (`10.1.0.0/16`, `127.0.0.1`) reachable in spite of `deny` and `allowLoopback`; never link-local ones. */
  readonly allow?: readonly string[] | undefined
  /** Networks that must not be reached. */
  readonly deny?: readonly string[] | undefined
  /**
   * Reachable in spite of everything: where a cloud tells a machine who it is. Only for rules that are handed to what
   * asks for Gantry's own identity, and to nothing that a user's manifest can steer.
   */
  readonly identityServices?: readonly string[] | undefined
}

/**
 * Where clouds answer who a machine is: EC2, Google and Azure; ECS; EKS Pod Identity. Everything else of the link-local
 * ranges stays out of reach.
 */
export const cloudIdentityServices: readonly string[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
]

const linkLocal = networks(['169.254.0.0/16', 'fe80::/10'])
/** Metadata services that live outside the link-local ranges: AWS (IPv6), Azure, Alibaba, Oracle. */
const metadata = networks([
  'fd00:ec2::254',
  'fd00:ec2::23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
])
/** The same services by name, and what lies below these names. */
const metadataNames =
  /(?:^|\.)(?:metadata\.google\.internal|metadata\.goog|instance-data\.(?:.+\.)?internal)\.?$/iu
const loopback = networks(['127.0.0.0/8', '0.0.0.0/8', '::1', '::'])
const nobody = networks(['224.0.0.0/4', '255.255.255.255', 'ff00::/8'])

export function createAddressRules(options: AddressOptions): AddressRules {
  const allow = networks(options.allow ?? [])
  const deny = networks(options.deny ?? [])
  const identity = networks(options.identityServices ?? [])

  const refusal = (ip: string): string | undefined => {
    const address = unwrapped(ip)
    if (isIP(address) === 0) return 'it is not an IP address'
    const isIn = (list: BlockList): boolean =>
      list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    if (isIn(identity)) return undefined
    if (isIn(linkLocal)) return 'link-local addresses are never reached'
    if (isIn(metadata)) return 'cloud metadata addresses are never reached'
    if (isIn(nobody)) return 'it is not the address of one host'
    if (isIn(allow)) return undefined
    if (isIn(deny)) return 'the operator denies it'
    if (isIn(loopback) && !options.allowLoopback) {
      return 'loopback is not allowed; the operator can allow it'
    }
    return undefined
  }

  const resolve = async (host: string): Promise<readonly ResolvedAddress[]> => {
    const found = await addressesOf(bareHost(host))
    for (const { address } of found) {
      const why = refusal(address)
      if (why !== undefined) throw new GantryError('Forbidden', `refusing to reach ${host}: ${why}`)
    }
    return found
  }

  return {
    refusal,
    refusalUnresolved(host) {
      const name = bareHost(host)
      if (isIP(name) !== 0) return refusal(name)
      return metadataNames.test(name) ? 'cloud metadata services are never reached' : undefined
    },
    resolve,
    async isSecure(url) {
      if (url.protocol === 'https:' || url.protocol === 'ssh:') return true
      const found = await addressesOf(bareHost(url.hostname))
      return found.every(({ address }) => {
        const ip = unwrapped(address)
        return loopback.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
      })
    },
  }
}

async function addressesOf(host: string): Promise<readonly ResolvedAddress[]> {
  const literal = isIP(host)
  if (literal !== 0) return [{ address: host, family: literal === 6 ? 6 : 4 }]
  try {
    const found = await lookup(host, { all: true })
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  } catch (cause) {
    throw new GantryError('Unreachable', `cannot resolve the host ${host}`, { cause })
  }
}
