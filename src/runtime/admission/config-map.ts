import { jsonEqual } from '../../core/json.ts'
import { type ConfigMap, ConfigMapKind } from '../../core/kinds/config-map.ts'
import { defineAdmission, type Write } from './parts.ts'
import { invalid } from './refuse.ts'
import { checkKey } from './secret.ts'

export const configMapAdmission = defineAdmission({
  kind: ConfigMapKind,
  admit({ object, old }: Write<ConfigMap>) {
    for (const key of Object.keys({ ...object.data, ...object.binaryData })) checkKey(object, key)
    if (old?.immutable !== true) return object
    if (object.immutable !== true) throw invalid(object, 'immutable', 'cannot be taken back')
    if (
      !jsonEqual(object.data ?? {}, old.data ?? {}) ||
      !jsonEqual(object.binaryData ?? {}, old.binaryData ?? {})
    ) {
      throw invalid(object, 'data', 'cannot change: the ConfigMap is immutable')
    }
    return object
  },
})
