import { compileRegex, type Pattern } from '../pattern.ts'
import { problemsOfEach } from './problem.ts'

/** Which tag names a subscription lets through. Both lists are searched, not anchored. */
export interface NameRules {
  readonly allow: readonly Pattern[]
  readonly ignore: readonly Pattern[]
}

/** Throws Invalid naming the expression that does not compile. */
export function compileNameRules(subscription: {
  readonly allowTagsRegexes?: readonly string[] | undefined
  readonly ignoreTagsRegexes?: readonly string[] | undefined
}): NameRules {
  return {
    allow: (subscription.allowTagsRegexes ?? []).map(compileRegex),
    ignore: (subscription.ignoreTagsRegexes ?? []).map(compileRegex),
  }
}

/** Ignored names are out whatever allows them; without allow rules every other name is in. */
export function isNameAllowed(rules: NameRules, name: string): boolean {
  if (rules.ignore.some((pattern) => pattern.test(name))) return false
  return rules.allow.length === 0 || rules.allow.some((pattern) => pattern.test(name))
}

/**
 * What is wrong with the rules of a subscription that selects by tags, as `field: sentence`. The old fields have no
 * effect that anyone could want: Kargo fails every look where one of them is set.
 */
export function nameRuleProblems(subscription: {
  readonly allowTagsRegexes: readonly string[]
  readonly ignoreTagsRegexes: readonly string[]
  readonly allowTags: string
  readonly ignoreTags: readonly string[]
}): string[] {
  const { allowTagsRegexes, ignoreTagsRegexes, allowTags, ignoreTags } = subscription
  const allow = JSON.stringify([allowTags])
  const ignore = JSON.stringify(ignoreTags.map((tag) => `^${tag.replaceAll(/[^\w-]/g, '\\$&')}$`))
  return [
    ...problemsOfEach('allowTagsRegexes', allowTagsRegexes, compileRegex),
    ...problemsOfEach('ignoreTagsRegexes', ignoreTagsRegexes, compileRegex),
    ...(allowTags === '' ? [] : [`allowTags: no longer usable: write allowTagsRegexes: ${allow}`]),
    ...(ignoreTags.length === 0
      ? []
      : [`ignoreTags: no longer usable: write ignoreTagsRegexes: ${ignore}`]),
  ]
}
