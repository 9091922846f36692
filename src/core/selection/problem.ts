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
