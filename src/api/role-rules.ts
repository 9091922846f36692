import { GantryError } from '../core/errors.ts'
import { allKinds } from '../core/kinds/index.ts'
import type { PolicyRule } from '../core/kinds/role.ts'

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/**
 * Kargo's normal form: each rule has one group, one resource and at most one name; `*` as a verb is spelled out; what is
 * said of the same thing in several rules is one rule. Sorted, so that equal rights look equal.
 */
export function normalRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const merged = new Map<string, PolicyRule>()
  for (const rule of rules.flatMap(split)) {
    const key = keyOf(rule)
    const known = merged.get(key)?.verbs ?? []
    merged.set(key, { ...rule, verbs: [...new Set([...known, ...rule.verbs])].sort() })
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, rule]) => rule)
}

/** The rules without these; a rule without verbs is gone. */
export function withoutRule(rules: readonly PolicyRule[], revoked: PolicyRule): PolicyRule[] {
  const taken = new Map(split(revoked).map((rule) => [keyOf(rule), new Set(rule.verbs)]))
  return normalRules(rules).flatMap((rule) => {
    const verbs = rule.verbs.filter((verb) => taken.get(keyOf(rule))?.has(verb) !== true)
    return verbs.length === 0 ? [] : [{ ...rule, verbs }]
  })
}

/** A rule as it is stored: of a resource that there is, in its own group. Throws BadRequest. */
export function checkedRule(rule: PolicyRule): PolicyRule[] {
  const resources = rule.resources ?? []
  if (resources.length === 0 || rule.verbs.length === 0) {
    throw new GantryError('BadRequest', 'a rule needs a resource type and verbs', {
      field: 'rules',
    })
  }
  return resources.flatMap((resource) =>
    split({ ...rule, apiGroups: [groupOf(resource)], resources: [resource] }),
  )
}

function groupOf(resource: string): string {
  const [plural = ''] = resource.split('/')
  const kind = allKinds.find((each) => each.plural === plural)
  if (kind !== undefined) return kind.group
  const hint = plural.endsWith('s') ? '' : `; did you mean "${plural}s"?`
  const problem = `there is no resource type ${JSON.stringify(resource)}${hint}`
  throw new GantryError('BadRequest', problem, { field: 'resourceType' })
}

function split(rule: PolicyRule): PolicyRule[] {
  const { resourceNames = [] } = rule
  const names = resourceNames.length === 0 ? [undefined] : resourceNames
  return (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      names.map((name) => ({
        apiGroups: [group],
        resources: [resource],
        ...(name !== undefined && { resourceNames: [name] }),
        verbs: rule.verbs.flatMap((verb) => (verb === '*' ? verbsOf(resource) : [verb])).sort(),
      })),
    ),
  )
}

function verbsOf(resource: string): string[] {
  if (resource === '*') return ['*']
  return resource === 'stages' ? [...allVerbs, 'promote'] : allVerbs
}

function keyOf({ apiGroups = [], resources = [], resourceNames = [] }: PolicyRule): string {
  return JSON.stringify([apiGroups, resources, resourceNames])
}
