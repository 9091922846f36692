import type { z } from 'zod'

/** Each problem as `path: what is wrong`, in the order the schema found them; `(root)` for the value itself. */
export function describeIssues(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const path = issue.path.length === 0 ? '(root)' : issue.path.map(String).join('.')
    return `${path}: ${issue.message}`
  })
}
