import { BlockList, isIP } from 'node:net'
import { GantryError } from '../core/errors.ts'

/**
 * The IPv4 address inside an IPv6 one that leads to it (mapped, NAT64, 6to4); without a zone. Others come back as they
 * are.
 */
export function unwrapped(ip: string): string {
  const address = ip.split('%', 1)[0] ?? ip
  if (isIP(address) !== 6) return address
  const groups = groupsOf(address)
  const v4 = (at: number): string =>
    [groups[at] ?? 0, groups[at + 1] ?? 0].flatMap((group) => [group >> 8, group & 255]).join('.')
  const startsWith = (...prefix: number[]): boolean =>
    prefix.every((group, index) => groups[index] === group)
  if (startsWith(0, 0, 0, 0, 0, 0xffff)) return v4(6)
  if (startsWith(0, 0, 0, 0, 0xffff, 0)) return v4(6)
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return v4(6)
  if (startsWith(0x2002)) return v4(1)
  // The deprecated compatible form, ::a.b.c.d; :: and ::1 are addresses of their own.
  if (startsWith(0, 0, 0, 0, 0, 0) && (groups[6] ?? 0) !== 0) return v4(6)
  return address
}

/** The eight numbers of an IPv6 address. */
export function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/u.exec(address)
  const hex = (high: string | undefined, low: string | undefined): string =>
    (Number(high) * 256 + Number(low)).toString(16)
  const text = dotted
    ? `${dotted[1] ?? ''}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`
    : address
  const [head = '', tail] = text.split('::')
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const front = parse(head)
  const back = tail === undefined ? [] : parse(tail)
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back]
}

/** Whether a text is an address or a network: `192.0.2.1`, `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...others] = text.split('/')
  const family = isIP(address)
  if (family === 0 || others.length > 0) return false
  return (
    prefix === undefined ||
    (/^\d{1,3}$/u.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32))
  )
}

/** Addresses and networks as one list. Throws Invalid for what is neither. */
export function networks(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    if (!isNetwork(entry)) {
      throw new GantryError('Invalid', `"${entry}" is not an IP address or network`)
    }
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
