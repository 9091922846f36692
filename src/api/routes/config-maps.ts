import { z } from 'zod'
import { type ConfigMap, ConfigMapKind } from '../../core/kinds/config-map.ts'
import type { Operation } from '../operation.ts'
import { editedData } from './credentials.ts'
import { projectScope, sharedScope, systemScope } from './scopes.ts'
import { type Values, valueOperations } from './values.ts'

const ConfigMapBody = z.object({
  name: z.string().optional(),
  data: z.record(z.string(), z.string()).optional(),
  removeKeys: z.array(z.string()).optional(),
  description: z.string().optional(),
  replicate: z.boolean().optional().describe('Shared ones: copy it into every Project'),
})

const configMaps: Values<ConfigMap, z.infer<typeof ConfigMapBody>> = {
  kind: ConfigMapKind,
  noun: 'configmaps',
  title: 'ConfigMaps',
  body: ConfigMapBody,
  isOne: () => true,
  show: (map) => map,
  write: (body, live, isPatch) => ({
    data: editedData(isPatch ? (live?.data ?? {}) : {}, body),
    replicate: body.replicate,
  }),
}

export const configMapOperations: readonly Operation[] = [
  projectScope,
  sharedScope,
  systemScope,
].flatMap((scope) => valueOperations(scope, configMaps))
