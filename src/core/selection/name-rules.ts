import { compileRegex, type Pattern } from '../pattern.ts'

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
