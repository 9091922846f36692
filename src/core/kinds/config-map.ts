import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn } from './columns.ts'
import { CoreApiVersion, Metadata, StringMap } from './shared.ts'

export const ConfigMap = z.object({
  apiVersion: CoreApiVersion,
  kind: z.literal('ConfigMap').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  data: StringMap.optional().describe('Values.'),
  binaryData: StringMap.optional().describe('Values that are not text, base64.'),
  immutable: z.boolean().optional().describe('When true, the values cannot change.'),
})
export type ConfigMap = z.infer<typeof ConfigMap>

export const ConfigMapKind = defineKind<ConfigMap>({
  kind: 'ConfigMap',
  group: '',
  version: 'v1',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  hasStatus: false,
  summary: 'Values that expressions can read.',
  schema: ConfigMap,
  columns: [
    { name: 'Data', type: 'integer', value: (map) => Object.keys(map.data ?? {}).length },
    ageColumn(),
  ],
})
