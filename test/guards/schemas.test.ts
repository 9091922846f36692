import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import {
  childrenOf,
  kindSchema,
  pluginSchema,
  type SchemaNode,
} from '../../scripts/generate/json-schema.ts'
import { loadPlugins } from '../../scripts/generate/load-plugins.ts'
import { allKinds } from '../../src/core/kinds/index.ts'

/** What converts to JSON Schema without losing anything. */
const convertible = new Set(
  'object array record string number boolean enum literal unknown optional default union'.split(
    ' ',
  ),
)

function problemsOf(schema: z.core.$ZodType, path: string): string[] {
  const { type, checks = [] } = schema._zod.def
  const isCustom = checks.some((check) => check._zod.def.check === 'custom')
  return [
    ...(convertible.has(type) ? [] : [`${path} is of type ${type}`]),
    ...(isCustom ? [`${path} has a refinement`] : []),
    ...partsOf(schema).flatMap(([name, part]) => problemsOf(part, `${path}.${name}`)),
  ]
}

function partsOf(schema: z.core.$ZodType): [name: string, part: z.core.$ZodType][] {
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape)
  if (schema instanceof z.ZodArray) return [['[]', schema.element]]
  if (schema instanceof z.ZodRecord) return [['<key>', schema.valueType]]
  if (schema instanceof z.ZodUnion) {
    return schema.options.map((option, index) => [`|${index}`, option])
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return [['', schema.unwrap()]]
  }
  return []
}

function undescribed(node: SchemaNode, path: string): string[] {
  const own = Object.entries(node.properties ?? {}).filter(
    ([, child]) => (child.description ?? '') === '',
  )
  return [
    ...own.map(([name]) => `${path}.${name}`),
    ...childrenOf(node).flatMap((child) => undescribed(child, `${path}.`)),
  ]
}

describe('schemas', () => {
  for (const kind of allKinds) {
    it(`use what converts, and describe every field: ${kind.kind}`, () => {
      assert.deepEqual(problemsOf(kind.schema, kind.kind), [])
      assert.deepEqual(undescribed(kindSchema(kind), kind.kind), [])
    })
  }

  it('of plugins convert, and describe every field of their configuration', async () => {
    const { steps, sources, metrics } = await loadPlugins()
    const schemas: readonly (readonly [string, z.ZodType])[] = [
      ...steps.map(({ kind, config }) => [kind, config] as const),
      ...sources.map(({ kind, subscription }) => [kind, subscription] as const),
      ...metrics.map(({ kind, provider }) => [kind, provider] as const),
    ]
    const missing = schemas.flatMap(([name, schema]) => undescribed(pluginSchema(schema), name))
    assert.deepEqual(missing, [])
  })
})
