import { GantryError } from '../../core/errors.ts'
import type { GitPerson } from '../../core/git.ts'

/**
 * The environment in which a commit by this person at this time (epoch milliseconds) gets the same id however often it
 * is made. `author`: also as the author; a rebase keeps the authors that it finds.
 */
export function commitEnv(
  person: GitPerson,
  atMs: number,
  { author = true } = {},
): Record<string, string> {
  const date = `@${Math.floor(atMs / 1000)} +0000`
  const name = cleanName(person.name, 'name')
  const email = cleanName(person.email, 'email')
  return {
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
    ...(author && { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date }),
  }
}

/** Git itself drops what would break its header lines; an empty rest is what it cannot work with. */
function cleanName(text: string, what: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is dropped
  const clean = text.replace(/[\u0000-\u001f<>]/gu, '').trim()
  if (clean === '') throw new GantryError('Invalid', `the author's ${what} is empty`)
  return clean
}
