import { adviseAddress } from '../../core/address-advice.ts'
import { parseDuration } from '../../core/duration.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { describeFieldIssues } from '../../core/kinds/describe-issue.ts'
import { insteadOf } from '../../core/kinds/former.ts'
import { prune } from '../../core/kinds/prune.ts'
import { type Subscription, type Warehouse, WarehouseKind } from '../../core/kinds/warehouse.ts'
import { didYouMean } from '../../core/nearest.ts'
import { annotation, stalenessAnnotation } from '../../core/policy/annotations.ts'
import { brokenExpression, expressionProblems, places } from './expressions.ts'
import { defineAdmission, type SubscriptionRules, type Write } from './parts.ts'
import { requireProjectNamespace } from './project-namespace.ts'
import { invalid, invalidFields } from './refuse.ts'
import { setShardLabel } from './shard.ts'

export const warehouseAdmission = defineAdmission({
  kind: WarehouseKind,
  async admit(write: Write<Warehouse>) {
    await requireProjectNamespace(write)
    const { object, isSpecChanged, parts } = write
    const { spec } = object
    setShardLabel(object, spec.shard)
    spec.interval ??= '5m0s'
    spec.freightCreationPolicy ??= 'Automatic'
    checkStaleness(object)
    if (!isSpecChanged) return object
    spec.subscriptions = spec.subscriptions.map((subscription, index) =>
      admitSubscription(write, subscription, `spec.subscriptions[${index}]`),
    )
    checkUnique(object, parts.sources)
    checkCriteria(write)
    return object
  },
})

function checkCriteria({ object, doubt }: Write<Warehouse>): void {
  const expression = object.spec.freightCreationCriteria?.expression ?? ''
  const field = 'spec.freightCreationCriteria.expression'
  const broken =
    expression.trim() === '' ? undefined : brokenExpression(expression, places.criteria)
  const problems = expressionProblems(expression, field, places.criteria)
  if (broken !== undefined) throw invalid(object, field, problems[0]?.why ?? broken)
  for (const { why } of problems) doubt(field, why)
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
/** Keys of a subscription that do not name its type. */
const ownKeys: ReadonlySet<string> = new Set(['name', 'subscriptionType'])

/** The key that names the subscription's type, and what stands under it. */
function typeOf(subscription: Subscription): readonly [type: string, body: unknown] | undefined {
  const types = Object.entries(subscription).filter(([key]) => !ownKeys.has(key))
  const [type, ...others] = types
  return type === undefined || others.length > 0 ? undefined : type
}

function admitSubscription(
  write: Write<Warehouse>,
  subscription: Subscription,
  field: string,
): Subscription {
  const { object, parts } = write
  const typed = typeOf(subscription)
  if (typed === undefined) {
    throw invalid(object, field, 'must have one key that names its type, beside an optional name')
  }
  const [type, body] = typed
  const source = parts.sources.get(type)
  if (source === undefined) {
    const near = didYouMean(type, parts.sources.keys())
    throw invalid(object, field, `there is no source "${type}"${near}`)
  }
  const { name } = subscription
  if (
    name !== undefined &&
    (typeof name !== 'string' || name.length > 63 || !dnsLabel.test(name))
  ) {
    throw invalid(object, `${field}.name`, 'must be at most 63 lower-case letters, digits and "-"')
  }
  if (source.requiresName === true && name === undefined) {
    throw invalid(object, `${field}.name`, `a subscription of type ${type} needs a name`)
  }
  return {
    ...subscription,
    ...(source.requiresName === true && { subscriptionType: type }),
    [type]: admitBody(write, source, body, `${field}.${type}`),
  }
}

function admitBody(
  write: Write<Warehouse>,
  source: SubscriptionRules,
  body: unknown,
  field: string,
): JsonObject {
  const { object, parts, doubt } = write
  if (!isJsonObject(body)) throw invalid(object, field, 'must be an object')
  checkAddress(write, body, field)
  const pruned = prune(source.subscription, body, field)
  const unknown = pruned.unknown
    .filter(({ isNull }) => !isNull)
    .map((unknownField) => ({
      field: unknownField.path,
      why: `unknown field${insteadOf(unknownField, source.former)}`,
    }))
  const parsed = source.subscription.safeParse(pruned.value)
  if (!parsed.success) {
    const [issue] = describeFieldIssues(parsed.error, pruned.value, field)
    const problem = { field: issue?.path ?? field, why: issue?.message ?? 'not valid' }
    // A field that is missing is often one that is misspelt.
    throw invalidFields(object, [problem, ...unknown])
  }
  for (const { field: at, why } of unknown) doubt(at, why)
  for (const problem of source.check(pruned.value, parts.sourceSettings)) {
    const { at, why } = placed(problem, field)
    throw invalid(object, at, why)
  }
  for (const problem of source.doubts?.(pruned.value) ?? []) {
    const { at, why } = placed(problem, field)
    doubt(at, why)
  }
  return { ...defaultsOf(parsed.data), ...(isJsonObject(pruned.value) && pruned.value) }
}

/** A source's `field: sentence`, with the whole path of the field. */
function placed(problem: string, field: string): { readonly at: string; readonly why: string } {
  const [, at = '', why = problem] = /^([\w[\].]+): (.*)$/s.exec(problem) ?? []
  return { at: at === '' ? field : `${field}.${at}`, why }
}

/** Before the schema, whose sentences would repeat what is in the address. */
function checkAddress({ object, warn }: Write<Warehouse>, body: JsonObject, field: string): void {
  const type = field.slice(field.lastIndexOf('.') + 1)
  for (const key of ['repoURL', 'url']) {
    const address = body[key]
    const advice = typeof address === 'string' ? adviseAddress(type, address) : undefined
    if (advice?.isRefused === true) throw invalid(object, `${field}.${key}`, advice.message)
    if (advice !== undefined) warn(`${field}.${key}: ${advice.message}`)
  }
}

function checkStaleness(object: Warehouse): void {
  const text = annotation(object, stalenessAnnotation)
  if (text === '' || parseDuration(text) !== undefined) return
  const field = `metadata.annotations[${stalenessAnnotation}]`
  throw invalid(object, field, `"${text}" is not a duration such as 30m or 1h`)
}

/** Defaults that mean something; an empty one is as good as none. */
function defaultsOf(parsed: unknown): JsonObject {
  if (!isJsonObject(parsed)) return {}
  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => !isEmpty(value)))
}

/** One repository is subscribed to once, and names are unique. */
function checkUnique(object: Warehouse, sources: ReadonlyMap<string, SubscriptionRules>): void {
  const remotes = new Set<string>()
  const names = new Set<string>()
  for (const [index, subscription] of object.spec.subscriptions.entries()) {
    const field = `spec.subscriptions[${index}]`
    const { name } = subscription
    if (typeof name === 'string') {
      if (names.has(name)) throw invalid(object, `${field}.name`, `"${name}" is there twice`)
      names.add(name)
    }
    const [type = '', body] = typeOf(subscription) ?? []
    const source = sources.get(type)
    if (source === undefined || source.requiresName === true) continue
    const remote = `${type} ${source.remote(body)}`
    if (remotes.has(remote)) {
      throw invalid(object, field, 'another subscription is for the same repository')
    }
    remotes.add(remote)
  }
}
