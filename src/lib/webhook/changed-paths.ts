import { z } from 'zod'

const paths = z.array(z.string()).nullish()

/** A commit of a push, as GitHub and those who follow it tell of it. */
export const PushedCommit = z.object({ added: paths, removed: paths, modified: paths })

/** Every path that the commits touch. */
export function pathsOf(commits: readonly z.output<typeof PushedCommit>[]): readonly string[] {
  return commits.flatMap(({ added, removed, modified }) => [
    ...(added ?? []),
    ...(removed ?? []),
    ...(modified ?? []),
  ])
}
