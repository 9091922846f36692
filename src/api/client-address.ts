import { type BlockList, isIP } from 'node:net'
import { unwrapped } from '../lib/networks.ts'

/**
 * The address that a request comes from: of the connection, or, when that is a proxy that the operator trusts, the last
 * one in `X-Forwarded-For` that is none. What stands before it anybody can have written.
 */
export function clientAddress(
  connected: string,
  forwardedFor: string | null,
  proxies: BlockList,
): string {
  let address = connected
  for (const next of (forwardedFor ?? '').split(',').reverse()) {
    const named = next.trim()
    if (!isIn(proxies, address) || isIP(named) === 0) return address
    address = named
  }
  return address
}

function isIn(list: BlockList, address: string): boolean {
  const plain = unwrapped(address)
  return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
}
