import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { crd, customKinds } from '../../scripts/generate/crd.ts'
import { childrenOf, type SchemaNode } from '../../scripts/generate/json-schema.ts'
import { isJsonObject } from '../../src/core/json.ts'
import type { Kind } from '../../src/core/kinds/kind.ts'

const golden: unknown = parse(
  readFileSync(join(import.meta.dirname, '../golden/kargo-fields.yaml'), 'utf8'),
  { version: '1.1' },
)

/** The schema inside a CRD. The generator is typed loosely, as Kubernetes' own format is. */
function rootOf(kind: Kind): SchemaNode {
  const { spec } = crd(kind) as {
    spec: { versions: { schema: { openAPIV3Schema: SchemaNode } }[] }
  }
  const [version] = spec.versions
  assert.ok(version !== undefined)
  return version.schema.openAPIV3Schema
}

/** Every path of a schema in the notation of the golden file. */
function pathsOf(node: SchemaNode, path: string): string[] {
  const isOpaque = node['x-kubernetes-preserve-unknown-fields'] === true
  if (isOpaque) return [`${path}*`]
  if (node.items !== undefined) return pathsOf(node.items, `${path}+`)
  if (typeof node.additionalProperties === 'object') {
    return pathsOf(node.additionalProperties, `${path}%`)
  }
  const children = Object.entries(node.properties ?? {})
  const below = children.flatMap(([name, child]) =>
    pathsOf(child, path === '' ? name : `${path}.${name}`),
  )
  return path === '' || children.length > 0 ? below : [path]
}

function goldenPaths(value: unknown, path: string): string[] {
  if (!isJsonObject(value)) return [path]
  return Object.entries(value).flatMap(([name, child]) =>
    goldenPaths(child, path === '' ? name : `${path}.${name}`),
  )
}

/** What Kubernetes would refuse about a structural schema. */
function structuralProblems(node: SchemaNode, path: string): string[] {
  const isOpaque = node['x-kubernetes-preserve-unknown-fields'] === true
  const isIntOrString = node['x-kubernetes-int-or-string'] === true
  const problems: string[] = []
  if (node.type === undefined && !isOpaque && !isIntOrString) problems.push('has no type')
  if (node.oneOf !== undefined || node.allOf !== undefined) problems.push('has alternatives')
  if (node.anyOf !== undefined && !isIntOrString) problems.push('has alternatives')
  if (node.$ref !== undefined) problems.push('has a reference')
  if (node.const !== undefined) problems.push('has a const')
  if (node.k8s !== undefined) problems.push('has unprocessed metadata')
  if (node.properties !== undefined && node.additionalProperties !== undefined) {
    problems.push('has properties and free keys')
  }
  const children = isIntOrString ? [] : childrenOf(node)
  return [
    ...problems.map((problem) => `${path} ${problem}`),
    ...children.flatMap((child, index) => structuralProblems(child, `${path}/${index}`)),
  ]
}

describe('CustomResourceDefinitions', () => {
  it('are structural, every one', () => {
    for (const kind of customKinds) {
      assert.deepEqual(structuralProblems(rootOf(kind), kind.kind), [])
    }
  })

  it('name required fields that exist', () => {
    const check = (node: SchemaNode): void => {
      for (const name of node.required ?? []) assert.ok(node.properties?.[name] !== undefined, name)
      for (const child of childrenOf(node)) check(child)
    }
    for (const kind of customKinds) check(rootOf(kind))
  })

  assert.ok(isJsonObject(golden) && isJsonObject(golden['kinds']))
  for (const [name, fields] of Object.entries(golden['kinds'])) {
    it(`have exactly Kargo's fields: ${name}`, () => {
      const kind = customKinds.find((candidate) => candidate.kind === name)
      assert.ok(kind !== undefined)
      const isOurs = (path: string): boolean => /(^|\.)gantry(\*|\.|$)/.test(path)
      const isCommon = (path: string): boolean => /^(apiVersion|kind|metadata)$/.test(path)
      const all = pathsOf(rootOf(kind), '')
      const paths = all.filter((path) => !isOurs(path) && !isCommon(path))
      assert.deepEqual(paths.sort(), goldenPaths(fields, '').sort())
    })
  }

  it('have the names, scopes and columns that Kargo documents', () => {
    const facts = customKinds
      .filter((kind) => kind.group === 'kargo.akuity.io')
      .map((kind) => {
        const columns = kind.columns.filter(({ jsonPath }) => jsonPath !== undefined)
        const scope = kind.namespaced ? 'namespaced' : 'cluster'
        const status = kind.hasStatus ? 'status' : 'no status'
        return `${kind.kind}/${kind.plural} ${scope}, ${status}, [${kind.shortNames.join()}]: ${columns.map((column) => column.name).join(', ')}`
      })
    assert.deepEqual(facts, [
      'Project/projects cluster, status, []: Ready, Status, Age',
      'ClusterConfig/clusterconfigs cluster, status, [clusterconfig,clusterconfigs]: Ready, Status, Age',
      'ProjectConfig/projectconfigs namespaced, status, []: Ready, Status, Age',
      'ClusterPromotionTask/clusterpromotiontasks cluster, no status, [clusterpromotask,clusterpromotasks]: Age',
      'PromotionTask/promotiontasks namespaced, no status, [promotask,promotasks]: Age',
      'Target/targets namespaced, status, []: Age',
      'Warehouse/warehouses namespaced, status, []: Shard, Age',
      'Stage/stages namespaced, status, []: Shard, Current Freight, Health, Ready, Status, Age',
      'Freight/freights namespaced, status, []: Alias, Origin (Kind), Origin (Name), Age',
      'PromotionRequest/promotionrequests namespaced, status, [promotionrequest,promotionrequests]: Stage, Freight, Phase, Age',
      'Promotion/promotions namespaced, status, [promo,promos]: Shard, Stage, Freight, Phase, Age',
    ])
  })
})
