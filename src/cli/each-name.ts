import { GantryError, asGantryError } from '../core/errors.ts'
import type { CliIo } from './context.ts'

/** What came of several: those that went well, and how to end for the others. */
export interface Outcome<T> {
  readonly done: readonly T[]
  /** Says what failed and throws; does nothing when nothing did. */
  conclude(): void
}

/** Does something for each name, each once, whatever becomes of the others. */
export async function forEachName<T>(
  io: CliIo,
  names: readonly string[],
  participle: string,
  act: (name: string) => Promise<T>,
): Promise<Outcome<T>> {
  const done: T[] = []
  const failures: GantryError[] = []
  const wanted = [...new Set(names)]
  for (const name of wanted) {
    try {
      done.push(await act(name))
    } catch (thrown) {
      failures.push(asGantryError(thrown))
    }
  }
  const conclude = (): void => {
    const [first] = failures
    if (first === undefined) return
    if (wanted.length === 1) throw first
    for (const { message } of failures) io.err(`error: ${message}`)
    throw new GantryError(
      first.code,
      `${failures.length} of ${wanted.length} could not be ${participle}`,
    )
  }
  return { done, conclude }
}
