import { z } from 'zod'
import type { Json, JsonObject } from '../json.ts'

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
  description: z.string().optional().describe('What people want to say of it.'),
  disabled: z.boolean().optional().describe('Whether it counts for nothing.'),
  rrule: z.string().optional().describe('Recurrence (RFC 5545).'),
  dtstart: z
    .string()
    .optional()
    .describe('Start, in iCalendar form, with an optional `TZID=` prefix.'),
  dtend: z.string().optional().describe('End of the first occurrence, in the same form.'),
})
export type PromotionWindow = z.infer<typeof PromotionWindow>
