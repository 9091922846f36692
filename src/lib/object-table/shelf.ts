import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib'

/**
 * Texts of objects packed together, as a disk hands them out in bulk. Most objects of a large installation (ended
 * Promotions) are hardly ever looked at, and their texts are alike: packed they take a tenth of the memory, and none
 * of it is the garbage collector's.
 */
export interface Shelf {
  readonly packed: Uint8Array
}

/** One text on a shelf: from and to which character. */
export interface Place {
  readonly shelf: Shelf
  readonly from: number
  readonly to: number
}

/** Characters that go on one shelf: more packs better, less is read faster. */
export const shelfChars = 64 * 1024
const compressionLevel = 1
/** Unpacked at the same time: whoever reads objects in order finds each shelf open but the first time. */
const maxOpen = 8

const open = new Map<Shelf, string>()

export function pack(texts: readonly string[]): Uint8Array {
  const params = { [constants.ZSTD_c_compressionLevel]: compressionLevel }
  return zstdCompressSync(texts.join(''), { params })
}

export function readText({ shelf, from, to }: Place): string {
  let text = open.get(shelf)
  if (text === undefined) {
    text = zstdDecompressSync(shelf.packed).toString()
    const [oldest] = open.keys()
    if (open.size >= maxOpen && oldest !== undefined) open.delete(oldest)
    open.set(shelf, text)
  }
  return text.slice(from, to)
}
