/** Stands in for `node:test` in a mutation run: tests are kept instead of run, so that each mutant can run them again. */
export interface CollectedTest {
  /** File and names, as in `soak.test.ts > a soak > ends at its exact end`. */
  readonly id: string
  run(): unknown
}

export const collected: CollectedTest[] = []
const path: string[] = []
const counts = new Map<string, number>()

/** Tests from here on belong to this file. */
export function beginFile(name: string): void {
  path.splice(0, path.length, name)
}

export function describe(name: string, body: () => void): void {
  path.push(name)
  body()
  path.pop()
}

export function it(name: string, run: () => unknown): void {
  const named = [...path, name].join(' > ')
  const count = (counts.get(named) ?? 0) + 1
  counts.set(named, count)
  collected.push({ id: count === 1 ? named : `${named} (${count})`, run })
}

export { it as test }
