/**
 * SHA-1 and SHA-256 as lower-case hex, synchronous and the same everywhere, the browser included. For names and labels
 * of short texts; what is long or secret belongs to the platform's own crypto.
 */

export function sha1(text: string): string {
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  const words = new Uint32Array(80)
  for (const block of blocksOf(text)) {
    words.set(block)
    for (let i = 16; i < 80; i++) {
      words[i] = rotateLeft(
        at(words, i - 3) ^ at(words, i - 8) ^ at(words, i - 14) ^ at(words, i - 16),
        1,
      )
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state
    for (let i = 0; i < 80; i++) {
      const [mix, constant] = sha1Round(i, b, c, d)
      const next = (rotateLeft(a, 5) + mix + e + constant + at(words, i)) >>> 0
      ;[a, b, c, d, e] = [next, a, rotateLeft(b, 30), c, d]
    }
    add(state, [a, b, c, d, e])
  }
  return hex(state)
}

function sha1Round(i: number, b: number, c: number, d: number): readonly [number, number] {
  if (i < 20) return [(b & c) | (~b & d), 0x5a827999]
  if (i < 40) return [b ^ c ^ d, 0x6ed9eba1]
  if (i < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
  return [b ^ c ^ d, 0xca62c1d6]
}

export function sha256(text: string): string {
  const state = firstPrimes(8).map((prime) => fraction(Math.sqrt(prime)))
  const words = new Uint32Array(64)
  for (const block of blocksOf(text)) {
    words.set(block)
    for (let i = 16; i < 64; i++) {
      const near = at(words, i - 15)
      const far = at(words, i - 2)
      const s0 = rotateRight(near, 7) ^ rotateRight(near, 18) ^ (near >>> 3)
      const s1 = rotateRight(far, 17) ^ rotateRight(far, 19) ^ (far >>> 10)
      words[i] = at(words, i - 16) + s0 + at(words, i - 7) + s1
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let i = 0; i < 64; i++) {
      const s1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(sha256Constants, i) + at(words, i)) >>> 0
      const s0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) >>> 0
      ;[a, b, c, d, e, f, g, h] = [(t1 + t2) >>> 0, a, b, c, (d + t1) >>> 0, e, f, g]
    }
    add(state, [a, b, c, d, e, f, g, h])
  }
  return hex(state)
}

const sha256Constants = Uint32Array.from(firstPrimes(64), (prime) => fraction(Math.cbrt(prime)))

/** The text's UTF-8 bytes with the padding of both hashes, as blocks of 16 big-endian words. */
function* blocksOf(text: string): Generator<Uint32Array> {
  const bytes = new TextEncoder().encode(text)
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)
  for (let start = 0; start < padded.length; start += 64) {
    yield Uint32Array.from({ length: 16 }, (_, i) => view.getUint32(start + i * 4))
  }
}

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  }
  return primes
}

/** The first 32 bits behind the point. */
function fraction(n: number): number {
  return Math.floor((n - Math.floor(n)) * 2 ** 32)
}

function add(state: number[], values: readonly number[]): void {
  for (const [i, value] of values.entries()) state[i] = ((state[i] ?? 0) + value) >>> 0
}

function hex(state: readonly number[]): string {
  return state.map((word) => word.toString(16).padStart(8, '0')).join('')
}

function at(words: Uint32Array, i: number): number {
  return words[i] ?? 0
}

function rotateLeft(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0
}

function rotateRight(word: number, bits: number): number {
  return ((word >>> bits) | (word << (32 - bits))) >>> 0
}
