import { z } from 'zod'
import type { Json, JsonObject } from '../json.ts'
import type { Column, KubeObject } from './kind.ts'

/**
 * Value types that several kinds share. Schemas use only what converts to JSON Schema; `.meta({ k8s })` carries what
 * zod cannot say: `default`, `validations` (CEL), `listMapKeys`, `intOrString`, `preserveUnknown`.
 */

export const kargoGroup = 'kargo.akuity.io'
export const kargoVersion = 'v1alpha1'
export const KargoApiVersion = z
  .literal('kargo.akuity.io/v1alpha1')
  .describe('Group and version of the kind.')
export const RolloutsApiVersion = z
  .literal('argoproj.io/v1alpha1')
  .describe('Group and version of the kind.')
export const CoreApiVersion = z.literal('v1').describe('Version of the kind.')
export const RbacApiVersion = z
  .literal('rbac.authorization.k8s.io/v1')
  .describe('Group and version of the kind.')

/** Any JSON value. The schema checks nothing: whatever was read from a file or a request is JSON already. */
export const JsonValue = z.unknown().meta({ k8s: { preserveUnknown: true } }) as z.ZodType<Json>

/** A JSON object whose content is nobody's business here. */
export const JsonMap = z
  .record(z.string(), z.unknown())
  .meta({ k8s: { preserveUnknown: true } }) as unknown as z.ZodType<JsonObject>

export const IntOrString = z.union([z.int(), z.string()]).meta({ k8s: { intOrString: true } })
export type IntOrString = z.infer<typeof IntOrString>

export const StringMap = z.record(z.string(), z.string())
export type StringMap = z.infer<typeof StringMap>

export const Timestamp = z.string().meta({ k8s: { format: 'date-time' } })

/** A DNS subdomain: the form of most names. */
export const ResourceName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)

/** A Go duration of hours, minutes and seconds: no other unit, no sign. */
export const Duration = z.string().regex(/^([0-9]+(\.[0-9]+)?(s|m|h))+$/)

const ObjectOwner = z.object({
  apiVersion: z.string().describe('Group and version of the owner.'),
  kind: z.string().describe('Kind of the owner.'),
  name: z.string().describe('Name of the owner.'),
  uid: z.string().describe('UID of the owner.'),
  controller: z.boolean().optional().describe('Whether the owner is the managing controller.'),
  blockOwnerDeletion: z
    .boolean()
    .optional()
    .describe('Whether a foreground deletion of the owner waits for this object.'),
})

export const Metadata = z.object({
  name: z
    .string()
    .default('')
    .describe(
      'Unique within the kind and namespace. Freight and Promotions are named by the system.',
    ),
  namespace: z.string().optional().describe('The Project whose object this is.'),
  generateName: z
    .string()
    .optional()
    .describe('Prefix of a generated name, used when `name` is empty.'),
  uid: z.string().optional().describe('Unique in time and space; set by the system.'),
  resourceVersion: z
    .string()
    .optional()
    .describe('Opaque version, for compare-and-swap and watches.'),
  generation: z.int().optional().describe('Moves with every change outside metadata and status.'),
  creationTimestamp: Timestamp.optional().describe(
    'When the object was created; set by the system.',
  ),
  deletionTimestamp: Timestamp.optional().describe(
    'When deletion was asked for; set by the system.',
  ),
  deletionGracePeriodSeconds: z.int().optional().describe('Set by the system.'),
  selfLink: z.string().optional().describe('Obsolete; ignored.'),
  labels: StringMap.optional().describe('Keys and values to select objects by.'),
  annotations: StringMap.optional().describe('Free notes of people and tools.'),
  finalizers: z.array(z.string()).optional().describe('Deletion waits until this list is empty.'),
  ownerReferences: z
    .array(ObjectOwner)
    .optional()
    .describe('Objects that this one depends on: gone with the last of them.'),
  managedFields: z
    .array(JsonMap)
    .optional()
    .describe('Who manages which field; accepted and not interpreted.'),
})

export const Condition = z.object({
  type: z.string().describe('What the condition is about, as in `Ready`.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: z.int().optional().describe('The generation that was judged.'),
  lastTransitionTime: Timestamp.describe('When `status` last changed.'),
  reason: z.string().describe('Why, as one CamelCase word.'),
  message: z.string().describe('Why, as a sentence.'),
})
export type Condition = z.infer<typeof Condition>

export const Conditions = z
  .array(Condition)
  .meta({ k8s: { listMapKeys: ['type'] } })
  .describe('What is known about the object now, one entry a type.')

export const ExpressionVariable = z.object({
  name: z
    .string()
    .min(1)
    .regex(/^[a-zA-Z_]\w*$/)
    .describe('Name, used as `vars.<name>`.'),
  value: z.string().optional().describe('Value; may contain `${{ }}` expressions.'),
})
export type ExpressionVariable = z.infer<typeof ExpressionVariable>

export const FreightOrigin = z.object({
  kind: z.enum(['Warehouse']).describe('Kind of the origin.'),
  name: z.string().describe('Name of the origin, in the same namespace.'),
})
export type FreightOrigin = z.infer<typeof FreightOrigin>

/** `Warehouse/<name>`: the form of an origin in map keys and annotations. */
export function originKey(origin: FreightOrigin): string {
  return `${origin.kind}/${origin.name}`
}

/** The origin of `Kind/name`; undefined when the text is not one. */
export function parseOrigin(text: string): FreightOrigin | undefined {
  const [kind, name, ...rest] = text.split('/')
  if (kind !== 'Warehouse' || name === undefined || name === '' || rest.length > 0) return undefined
  return { kind, name }
}

const subscriptionName = z
  .string()
  .optional()
  .describe('Name of the subscription that the artifact came through, if it has one.')

export const GitCommit = z.object({
  repoURL: z.string().optional().describe('Address of the repository.'),
  id: z.string().optional().describe('Commit id.'),
  branch: z.string().optional().describe('Branch on which the commit was found.'),
  tag: z.string().optional().describe('Tag that names the commit.'),
  message: z.string().optional().describe('First line of the commit message.'),
  author: z.string().optional().describe('Author, as `Name <email>`.'),
  committer: z.string().optional().describe('Committer, as `Name <email>`.'),
  subscriptionName,
})
export type GitCommit = z.infer<typeof GitCommit>

export const Image = z.object({
  repoURL: z.string().optional().describe('Repository, without a tag.'),
  tag: z.string().optional().describe('Tag.'),
  digest: z.string().optional().describe('Digest, as `sha256:<hex>`.'),
  annotations: StringMap.optional().describe('Annotations of the image manifest.'),
  subscriptionName,
})
export type Image = z.infer<typeof Image>

export const Chart = z.object({
  repoURL: z.string().optional().describe('Chart repository: `https://` or `oci://`.'),
  name: z.string().optional().describe('Name of the chart; empty for OCI repositories.'),
  version: z.string().optional().describe('Version of the chart.'),
  subscriptionName,
})
export type Chart = z.infer<typeof Chart>

export const ArtifactReference = z.object({
  artifactType: z
    .string()
    .min(1)
    .meta({ k8s: { optional: true } })
    .describe('Type of the artifact: the key of its subscription.'),
  subscriptionName: z
    .string()
    .min(1)
    .describe('Name of the subscription that the artifact came through.'),
  version: z.string().min(1).describe('Version of the artifact.'),
  metadata: JsonMap.optional().describe('Whatever else is known about it.'),
})
export type ArtifactReference = z.infer<typeof ArtifactReference>

/** The artifact lists that Freight and references to Freight have in common. */
export const artifactFields = {
  commits: z.array(GitCommit).optional().describe('Commits, one for each git subscription.'),
  images: z.array(Image).optional().describe('Images, one for each image subscription.'),
  charts: z.array(Chart).optional().describe('Charts, one for each chart subscription.'),
  artifacts: z.array(ArtifactReference).optional().describe('Artifacts of other types.'),
}

export const FreightReference = z.object({
  name: z
    .string()
    .meta({ k8s: { optional: true } })
    .describe('Name of the Freight.'),
  origin: FreightOrigin.describe('Where the Freight comes from.'),
  ...artifactFields,
})
export type FreightReference = z.infer<typeof FreightReference>

export const VerificationPhase = z.enum([
  'Pending',
  'Running',
  'Successful',
  'Failed',
  'Error',
  'Aborted',
  'Inconclusive',
])
export type VerificationPhase = z.infer<typeof VerificationPhase>

export const VerificationInfo = z.object({
  id: z.string().optional().describe('Identifies this verification (a UUID).'),
  actor: z.string().optional().describe('Who asked for it, when it was asked for.'),
  startTime: Timestamp.optional().describe('When it started.'),
  phase: VerificationPhase.optional().describe('How it stands.'),
  message: z.string().optional().describe('Why it stands so.'),
  analysisRun: z
    .object({
      namespace: z.string().describe('Namespace of the AnalysisRun.'),
      name: z.string().describe('Name of the AnalysisRun.'),
      phase: z.string().describe('Phase of the AnalysisRun when last seen.'),
    })
    .optional()
    .describe('The AnalysisRun that carries it out.'),
  finishTime: Timestamp.optional().describe('When it ended.'),
})
export type VerificationInfo = z.infer<typeof VerificationInfo>

export const FreightCollection = z.object({
  id: z.string().describe('SHA-1 of the sorted names of the Freight in it.'),
  items: z
    .record(z.string(), FreightReference)
    .optional()
    .describe('Freight by origin, as in `Warehouse/<name>`.'),
  verificationHistory: z
    .array(VerificationInfo)
    .optional()
    .describe('Verifications of this collection, newest first, at most 10.'),
})
export type FreightCollection = z.infer<typeof FreightCollection>

export const HealthState = z.enum([
  'Healthy',
  'Unhealthy',
  'Progressing',
  'Unknown',
  'NotApplicable',
])
export type HealthState = z.infer<typeof HealthState>

export const Health = z.object({
  status: HealthState.meta({ k8s: { optional: true } }).describe('The worst of all checks.'),
  issues: z.array(z.string()).optional().describe('What is wrong, one sentence each.'),
  config: JsonValue.optional().describe('Not used; kept for compatibility.'),
  output: JsonValue.optional().describe('What the checks put out.'),
})
export type Health = z.infer<typeof Health>

export const HealthCheckStep = z.object({
  uses: z.string().min(1).describe('Kind of the check.'),
  config: JsonValue.optional().describe('Configuration of the check.'),
})
export type HealthCheckStep = z.infer<typeof HealthCheckStep>

export const PromotionStepRetry = z.object({
  timeout: z
    .string()
    .optional()
    .describe('How long the step may take, as a Go duration; absent or 0: as the step declares.'),
  errorThreshold: z
    .int()
    .min(0)
    .max(4294967295)
    .optional()
    .describe('After how many errors the step is given up; absent or 0: as the step declares.'),
})
export type PromotionStepRetry = z.infer<typeof PromotionStepRetry>

export const PromotionTaskReference = z.object({
  name: ResourceName.describe('Name of the task.'),
  kind: z
    .enum(['PromotionTask', 'ClusterPromotionTask'])
    .optional()
    .meta({ k8s: { default: 'PromotionTask' } })
    .describe('Kind of the task; PromotionTask when absent.'),
})
export type PromotionTaskReference = z.infer<typeof PromotionTaskReference>

export const PromotionStep = z.object({
  uses: z
    .string()
    .min(1)
    .optional()
    .describe('Kind of the step. Exactly one of `uses` and `task` is set.'),
  task: PromotionTaskReference.optional().describe(
    'A task whose steps take the place of this one.',
  ),
  as: z.string().optional().describe('Alias under which later steps find the output.'),
  if: z.string().optional().describe('Run the step only when this `${{ }}` expression is true.'),
  continueOnError: z
    .boolean()
    .optional()
    .describe('When true, a failure of this step does not fail the Promotion.'),
  retry: PromotionStepRetry.optional().describe('How often and how long to try.'),
  vars: z.array(ExpressionVariable).optional().describe('Variables of this step alone.'),
  config: JsonValue.optional().describe('Configuration, as the kind of step documents it.'),
})
export type PromotionStep = z.infer<typeof PromotionStep>

export const LabelSelectorRequirement = z.object({
  key: z.string().describe('Label.'),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How to compare.'),
  values: z.array(z.string()).optional().describe('Values, for In and NotIn.'),
})

const labelSelectorFields = {
  matchLabels: StringMap.optional().describe('Labels that must have these values.'),
  matchExpressions: z
    .array(LabelSelectorRequirement)
    .optional()
    .describe('Further demands, all of which must hold.'),
}

export const LabelSelector = z.object(labelSelectorFields)
export type LabelSelector = z.infer<typeof LabelSelector>

export const PromotionPolicySelector = z.object({
  name: z
    .string()
    .optional()
    .describe('Exact name, `regex:` with an RE2 pattern, or `glob:` with a glob.'),
  ...labelSelectorFields,
})
export type PromotionPolicySelector = z.infer<typeof PromotionPolicySelector>

export const DeepLink = z.object({
  title: z.string().min(1).describe('Text of the link.'),
  url: z.string().min(1).describe('Address; a template over `freight` or `stage`.'),
  description: z.string().optional().describe('What one finds there.'),
  if: z.string().optional().describe('Show the link only when this expression is true.'),
})
export type DeepLink = z.infer<typeof DeepLink>

export const PromotionWindow = z.object({
  name: ResourceName.describe('Unique in the list.'),
  stageSelector: PromotionPolicySelector.optional().describe('Stages it is for; all when absent.'),
  projectSelector: PromotionPolicySelector.optional().describe(
    'Projects it is for; only meaningful in the ClusterConfig.',
  ),
  kind: z
    .enum(['Allow', 'Deny'])
    .describe('Whether promotions may or may not start while it is active.'),
  rrule: z.string().optional().describe('Recurrence (RFC 5545).'),
  dtstart: z
    .string()
    .optional()
    .describe('Start, in iCalendar form, with an optional `TZID=` prefix.'),
  dtend: z.string().optional().describe('End of the first occurrence, in the same form.'),
})
export type PromotionWindow = z.infer<typeof PromotionWindow>

export const AutoPromotionHold = z.object({
  freightName: z.string().describe('The Freight whose promotion caused the hold.'),
  origin: FreightOrigin.describe('The origin that is held.'),
  promotionName: z.string().optional().describe('The Promotion that caused it.'),
  actor: z.string().optional().describe('Who asked for that Promotion.'),
  createdAt: Timestamp.optional().describe('Since when.'),
})
export type AutoPromotionHold = z.infer<typeof AutoPromotionHold>

type WithStatus = KubeObject & { status?: { conditions?: Condition[] | undefined } | undefined }

/** The Age column; the value is the time of creation, which commands show as an age. */
export function ageColumn<T extends KubeObject>(): Column<T> {
  return {
    name: 'Age',
    type: 'date',
    jsonPath: '.metadata.creationTimestamp',
    value: (object) => object.metadata.creationTimestamp,
  }
}

/** The Ready column: status of the Ready condition. */
export function readyColumn<T extends WithStatus>(): Column<T> {
  return {
    name: 'Ready',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    value: (object) => condition(object, 'Ready')?.status,
  }
}

/** The Status column: message of the Ready condition. */
export function statusColumn<T extends WithStatus>(): Column<T> {
  return {
    name: 'Status',
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    value: (object) => condition(object, 'Ready')?.message,
  }
}

function condition(object: WithStatus, type: string): Condition | undefined {
  return object.status?.conditions?.find((entry) => entry.type === type)
}
