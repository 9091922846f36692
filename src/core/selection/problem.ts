import { asGantryError } from '../errors.ts'

/** What the attempt throws, as the problem of a field: `field: sentence`; nothing when it succeeds. */
export function problemOf(field: string, attempt: () => unknown): string[] {
  try {
    attempt()
    return []
  } catch (thrown) {
    return [`${field}: ${asGantryError(thrown).message}`]
  }
}

/** The same for each entry of a list: `field[0]: sentence`. */
export function problemsOfEach<T>(
  field: string,
  entries: readonly T[],
  attempt: (entry: T) => unknown,
): string[] {
  return entries.flatMap((entry, index) => problemOf(`${field}[${index}]`, () => attempt(entry)))
}
