import type { PolicyRule } from '../kinds/role.ts'

/** What someone wants to do. `resource` is a plural, with subresource as in `freights/status`. */
export interface AccessRequest {
  readonly verb: string
  /** Empty for the core group. */
  readonly group: string
  readonly resource: string
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string | undefined
  /** Absent when it is about no object in particular (list, create). */
  readonly name?: string | undefined
}

/** Whether one of the rules allows the request. Rules only ever add up: nothing forbids. */
export function isAllowed(rules: readonly PolicyRule[], request: AccessRequest): boolean {
  return rules.some(
    (rule) =>
      holds(rule.verbs, request.verb) &&
      holds(rule.apiGroups, request.group) &&
      holdsResource(rule.resources, request.resource) &&
      namesOf(rule).some((name) => name === undefined || name === request.name),
  )
}

/**
 * Whether everything that `wanted` allows is allowed by `held`: nobody can give what they do not have. A wildcard is
 * only covered by a wildcard.
 */
export function covers(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): boolean {
  return wanted.every((rule) => atoms(rule).every((atom) => held.some((own) => allows(own, atom))))
}

/** The smallest grants that a rule is made of: one verb, group, resource and name. */
function atoms(rule: PolicyRule): AccessRequest[] {
  return rule.verbs.flatMap((verb) =>
    (rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        namesOf(rule).map((name) => ({ verb, group, resource, name })),
      ),
    ),
  )
}

/** The names that a rule is about; undefined stands for every one, named or not. */
function namesOf({ resourceNames = [] }: PolicyRule): readonly (string | undefined)[] {
  return resourceNames.length === 0 ? [undefined] : resourceNames
}

function allows(own: PolicyRule, atom: AccessRequest): boolean {
  return isAllowed([own], atom)
}

function holds(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(wanted))
}

/** `*` stands for every resource, `<star>/status` for the status of every resource. */
function holdsResource(list: readonly string[] | undefined, wanted: string): boolean {
  if (holds(list, wanted)) return true
  return wanted.includes('/') && list?.includes(`*${wanted.slice(wanted.indexOf('/'))}`) === true
}
