import { GantryError } from '../../core/errors.ts'
import { orderTags, semverOrder, type TagOrder } from '../../core/policy/select-tags.ts'
import { compileNameRules, isNameAllowed } from '../../core/selection/name-rules.ts'
import { tagsOf, type ListedTag } from './read-tags.ts'

/** What a git subscription says about the names of tags. */
export interface TagNaming {
  readonly repoURL: string
  readonly commitSelectionStrategy: string
  readonly semverConstraint: string
  readonly strictSemvers: boolean
  readonly allowTagsRegexes: readonly string[]
  readonly ignoreTagsRegexes: readonly string[]
  readonly allowTags: string
  readonly ignoreTags: readonly string[]
}

/** Many look at the same refs in the same way: very many tags are put in order once for all of them. */
const ordered = new WeakMap<ReadonlyMap<string, string>, Map<string, readonly ListedTag[]>>()

/** The tags whose names the subscription lets through; in order, where names decide it. */
export function namedTags(
  naming: TagNaming,
  refs: ReadonlyMap<string, string>,
): readonly ListedTag[] {
  if (naming.allowTags !== '' || naming.ignoreTags.length > 0) {
    throw new GantryError(
      'Invalid',
      `cannot select tags of ${naming.repoURL}: allowTags and ignoreTags are no longer usable, say allowTagsRegexes and ignoreTagsRegexes`,
    )
  }
  const { commitSelectionStrategy, semverConstraint, strictSemvers } = naming
  const { allowTagsRegexes, ignoreTagsRegexes } = naming
  const key = JSON.stringify([
    commitSelectionStrategy,
    semverConstraint,
    strictSemvers,
    allowTagsRegexes,
    ignoreTagsRegexes,
  ])
  const known = ordered.get(refs) ?? new Map<string, readonly ListedTag[]>()
  ordered.set(refs, known)
  const tags = known.get(key) ?? orderedTags(naming, tagsOf(refs))
  known.set(key, tags)
  return tags
}

export function tagOrder(naming: TagNaming): TagOrder {
  if (naming.commitSelectionStrategy === 'Lexical') return { strategy: 'Lexical' }
  return semverOrder(naming.semverConstraint, naming.strictSemvers)
}

function orderedTags(naming: TagNaming, tags: readonly ListedTag[]): ListedTag[] {
  const rules = compileNameRules(naming)
  const allowed = tags.filter(({ name }) => isNameAllowed(rules, name))
  if (naming.commitSelectionStrategy === 'NewestTag') return allowed
  const listed = new Map(allowed.map((tag) => [tag.name, tag]))
  return orderTags([...listed.keys()], tagOrder(naming)).flatMap((name) => listed.get(name) ?? [])
}
