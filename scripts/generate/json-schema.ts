import { z } from 'zod'
import type { Kind } from '../../src/core/kinds/kind.ts'

/** A JSON Schema node as far as the generators look at it. */
export interface SchemaNode {
  type?: string
  description?: string
  properties?: Record<string, SchemaNode>
  required?: string[]
  items?: SchemaNode
  additionalProperties?: SchemaNode | boolean
  anyOf?: SchemaNode[]
  allOf?: SchemaNode[]
  oneOf?: SchemaNode[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  $ref?: string
  k8s?: KubernetesMeta
  [extension: `x-kubernetes-${string}`]: unknown
}

/** What `.meta({ k8s })` may say in a schema. */
export interface KubernetesMeta {
  /** Anything is kept as it is. */
  preserveUnknown?: boolean
  intOrString?: boolean
  /** Filled in when absent. */
  default?: unknown
  /** Optional in manifests although the type says it is there. */
  optional?: boolean
  /** Required in manifests although the type says it may be absent (it has a default). */
  required?: boolean
  format?: string
  listType?: 'set' | 'atomic'
  listMapKeys?: string[]
  /** CEL rules. */
  validations?: { rule: string; message: string }[]
}

/** The schema of a kind, every part inline, with `k8s` where the kinds say more than JSON Schema can. */
export function kindSchema(kind: Kind): SchemaNode {
  return convert(kind.schema)
}

/** The schema of a plugin's configuration. */
export function pluginSchema(schema: z.ZodType): SchemaNode {
  return convert(schema)
}

function convert(schema: z.ZodType): SchemaNode {
  const converted = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  })
  // The library's type is wider than what the subset of zod that is allowed in schemas can become.
  return tidy(structuredClone(converted) as SchemaNode)
}

/** Without the library's marks: bounds of safe integers, an empty schema for "anything". */
function tidy(node: SchemaNode): SchemaNode {
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum
  delete (node as { '~standard'?: unknown })['~standard']
  for (const child of childrenOf(node)) tidy(child)
  return node
}

export function childrenOf(node: SchemaNode): SchemaNode[] {
  const { properties, items, additionalProperties, anyOf = [], allOf = [], oneOf = [] } = node
  return [
    ...Object.values(properties ?? {}),
    ...(items === undefined ? [] : [items]),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...anyOf,
    ...allOf,
    ...oneOf,
  ]
}

/** For editors: what is unknown is marked, except where the system writes. */
export function editorSchema(kind: Kind): object {
  const schema = strict(kindSchema(kind))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: kind.kind,
    description: kind.summary,
    ...schema,
    required: (schema.required ?? []).filter((name) => name !== 'status'),
  }
}

function strict(node: SchemaNode): SchemaNode {
  const { k8s, properties, items, additionalProperties, anyOf, ...rest } = node
  const required = (rest.required ?? []).filter(
    (name) => properties?.[name]?.k8s?.optional !== true,
  )
  delete rest.required
  return {
    ...rest,
    ...(k8s?.default !== undefined && { default: k8s.default }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [name, strict(child)]),
      ),
      additionalProperties: false,
    }),
    ...(required.length > 0 && { required }),
    ...(items !== undefined && { items: strict(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(strict) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: strict(additionalProperties),
    }),
  }
}
