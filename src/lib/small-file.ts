import { open } from 'node:fs/promises'
import { GantryError } from '../core/errors.ts'

const maxBytes = 256 * 1024

/** The text of a file that an operator named: a mounted token, a key. Throws NotFound or TooLarge; says no content. */
export async function readSmallFile(path: string): Promise<string> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new GantryError('NotFound', `cannot read the file ${path}`, { cause })
  })
  try {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(maxBytes + 1) })
    if (bytesRead > maxBytes) {
      throw new GantryError('TooLarge', `the file ${path} is larger than ${maxBytes} bytes`)
    }
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
