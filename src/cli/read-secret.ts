import { text } from 'node:stream/consumers'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { GantryError } from '../core/errors.ts'

/** The terminal, or what stands in for it. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stderr: NodeJS.WritableStream
}

/**
 * Asks at the terminal without showing what is typed. Where nobody sits at one, standard input is the answer. Without its
 * line end. Throws Canceled at Ctrl-C.
 */
export async function readSecret(question: string, { stdin, stderr }: Terminal): Promise<string> {
  if (!stdin.isTTY) return (await text(stdin)).replace(/\r?\n$/, '')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: true })
  const leave = new AbortController()
  lines.once('SIGINT', () => leave.abort())
  try {
    // Who sees the question can already type unseen.
    const answer = lines.question('', { signal: leave.signal })
    stderr.write(`${question}: `)
    return await answer
  } catch (thrown) {
    throw new GantryError('Canceled', 'nothing was entered', { cause: thrown })
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
