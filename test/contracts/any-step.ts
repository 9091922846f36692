import * as fc from 'fast-check'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import { namespace, NamespaceKind, parcel, ParcelKind, widget, WidgetKind } from './test-kinds.ts'

/** One step; versions are named by how many writes ago they were given, so that both stores can be asked alike. */
export type Step =
  | {
      readonly do: 'create' | 'update'
      readonly kind: Kind
      readonly object: KubeObject
      readonly at?: number
    }
  | {
      readonly do: 'patch' | 'patchStatus'
      readonly kind: Kind
      readonly name: string
      readonly patch: JsonObject
      readonly at?: number
    }
  | { readonly do: 'delete'; readonly kind: Kind; readonly name: string; readonly at?: number }
  | { readonly do: 'list'; readonly kind: Kind; readonly colour?: string; readonly limit?: number }
  | { readonly do: 'together'; readonly names: readonly string[] }
  | { readonly do: 'tick' }
  | { readonly do: 'reopen' }

const anyName = fc.constantFrom('a', 'b', 'c')
const anyKind = fc.constantFrom<Kind>(WidgetKind, ParcelKind)
const anyAge = fc.option(fc.nat({ max: 4 }), { nil: undefined, freq: 3 })
const anyValue = fc.constantFrom<Json>('red', 'red', 'blue', 1, null, ['x'], { deep: { er: 1 } })
const anyFields = fc.dictionary(fc.constantFrom('colour', 'x', 'y'), anyValue, {
  maxKeys: 3,
  noNullPrototype: true,
})
const anyMetadata = fc.record(
  {
    labels: fc.constantFrom<Record<string, string>>({}, { a: 'b' }, { a: 'c', d: 'e' }),
    finalizers: fc.constantFrom<string[]>([], ['x/one'], ['x/one', 'x/two']),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const anyPatchMetadata = fc.record(
  {
    labels: fc.constantFrom<Json>(null, { a: 'z' }, { a: null }),
    finalizers: fc.constantFrom<Json>(null, ['x/one']),
    name: fc.constantFrom('other'),
  },
  { requiredKeys: [], noNullPrototype: true },
)

const anyObject = fc
  .tuple(anyKind, anyName, anyMetadata, anyFields, anyFields)
  .map(([kind, name, metadata, spec, status]): { kind: Kind; object: KubeObject } => {
    const make = kind === WidgetKind ? widget : parcel
    const body = kind === WidgetKind ? { spec, status } : { contents: spec, status }
    return {
      kind,
      object: make(name, { metadata: { name, namespace: 'demo', ...metadata }, ...body }),
    }
  })
const anyPatch = fc.record(
  { metadata: anyPatchMetadata, spec: anyFields, contents: anyFields, status: anyFields },
  { requiredKeys: [], noNullPrototype: true },
)

/** Anything that one does to a store, over few names, so that steps meet. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: anyObject.map((made): Step => ({ do: 'create', ...made })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyObject, anyAge)
      .map(([made, at]): Step => ({ do: 'update', ...made, ...aged(at) })),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom('patch' as const, 'patchStatus' as const),
        anyKind,
        anyName,
        anyPatch,
        anyAge,
      )
      .map(([verb, kind, name, patch, at]): Step => ({ do: verb, kind, name, patch, ...aged(at) })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyKind, anyName, anyAge)
      .map(([kind, name, at]): Step => ({ do: 'delete', kind, name, ...aged(at) })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(anyKind, fc.constantFrom(undefined, 'red', 'blue'), fc.constantFrom(undefined, 1, 2))
      .map(([kind, colour, limit]): Step => ({
        do: 'list',
        kind,
        ...(colour !== undefined && { colour }),
        ...(limit !== undefined && { limit }),
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(anyName, { minLength: 2, maxLength: 5 })
      .map((names): Step => ({ do: 'together', names })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'tick' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'reopen' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      { do: 'create', kind: NamespaceKind, object: namespace('demo') },
      { do: 'delete', kind: NamespaceKind, name: 'demo' },
    ),
  },
)

function aged(at: number | undefined): { at?: number } {
  return at === undefined ? {} : { at }
}
