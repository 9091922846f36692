import { z } from 'zod'
import { listOf } from './payload.ts'

const paths = listOf(z.string()).nullish()

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
