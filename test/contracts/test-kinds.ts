import { z } from 'zod'
import { defineKind, type KubeObject } from '../../src/core/kinds/kind.ts'
import type { JsonObject } from '../../src/core/json.ts'

/** Kinds that exist only for the contract suites: one of each sort that stores treat differently. */

const meta = z.looseObject({ name: z.string(), namespace: z.string().optional() })
const header = { apiVersion: z.string(), kind: z.string(), metadata: meta }

export interface Widget extends KubeObject {
  spec?: JsonObject | undefined
  status?: JsonObject | undefined
}

const WidgetSchema = z.object({
  ...header,
  spec: z.record(z.string(), z.json()).optional(),
  status: z.record(z.string(), z.json()).optional(),
})

/** Namespaced, with a status, found by its colour and by the parts it is made of. */
export const WidgetKind = defineKind<Widget>({
  kind: 'Widget',
  group: 'test.example',
  version: 'v1',
  plural: 'widgets',
  namespaced: true,
  hasStatus: true,
  summary: 'A thing with a spec and a status.',
  schema: WidgetSchema,
  indexKeys: ({ spec }) => ({
    colour: typeof spec?.['colour'] === 'string' ? [spec['colour']] : [],
    part: Array.isArray(spec?.['parts'])
      ? spec['parts'].filter((part) => typeof part === 'string')
      : [],
  }),
})

export interface Parcel extends KubeObject {
  contents?: JsonObject | undefined
  alias?: string | undefined
  status?: JsonObject | undefined
}

/** Namespaced, with a status but no spec, as Freight is. */
export const ParcelKind = defineKind<Parcel>({
  kind: 'Parcel',
  group: 'test.example',
  version: 'v1',
  plural: 'parcels',
  namespaced: true,
  hasStatus: true,
  summary: 'A thing without a spec.',
  schema: z.object({
    ...header,
    contents: z.record(z.string(), z.json()).optional(),
    alias: z.string().optional(),
    status: z.record(z.string(), z.json()).optional(),
  }),
})

export interface Setting extends KubeObject {
  value?: string | undefined
}

/** Cluster-scoped, without a status. */
export const SettingKind = defineKind<Setting>({
  kind: 'Setting',
  group: 'test.example',
  version: 'v1',
  plural: 'settings',
  namespaced: false,
  hasStatus: false,
  summary: 'A thing of the whole cluster.',
  schema: z.object({ ...header, value: z.string().optional() }),
})

export interface Secret extends KubeObject {
  data?: Record<string, string> | undefined
}

export const SecretKind = defineKind<Secret>({
  kind: 'Secret',
  group: '',
  version: 'v1',
  plural: 'secrets',
  namespaced: true,
  hasStatus: false,
  summary: 'Values that must not be seen.',
  schema: z.object({ ...header, data: z.record(z.string(), z.string()).optional() }),
})

export const NamespaceKind = defineKind<KubeObject>({
  kind: 'Namespace',
  group: '',
  version: 'v1',
  plural: 'namespaces',
  namespaced: false,
  hasStatus: true,
  summary: 'A place for objects.',
  schema: z.object(header),
})

export const testKinds = [WidgetKind, ParcelKind, SettingKind, SecretKind, NamespaceKind]

export function widget(name: string, rest: Partial<Widget> & { namespace?: string } = {}): Widget {
  const { namespace = 'demo', metadata, ...own } = rest
  return {
    apiVersion: 'test.example/v1',
    kind: 'Widget',
    metadata: { name, namespace, ...metadata },
    ...own,
  }
}

export function parcel(name: string, rest: Partial<Parcel> = {}): Parcel {
  const { metadata, ...own } = rest
  return {
    apiVersion: 'test.example/v1',
    kind: 'Parcel',
    metadata: { name, namespace: 'demo', ...metadata },
    ...own,
  }
}

export function setting(name: string, value?: string): Setting {
  return {
    apiVersion: 'test.example/v1',
    kind: 'Setting',
    metadata: { name },
    ...(value !== undefined && { value }),
  }
}

export function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

export function secret(name: string, data: Record<string, string>): Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'demo' }, data }
}
