import type { DeepReadonly, Json } from '../../core/json.ts'
import { ConfigMapKind } from '../../core/kinds/config-map.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import type { Kind } from '../../core/kinds/kind.ts'
import { type Secret, SecretKind } from '../../core/kinds/secret.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import type { Redactor } from '../../core/redact.ts'
import type { Store } from '../../store.ts'

const kinds: ReadonlyMap<string, Kind> = new Map(
  [SecretKind, ConfigMapKind, FreightKind, StageKind, WarehouseKind].map((kind) => [
    kind.kind,
    kind,
  ]),
)

/**
 * Facts for expressions, by key `<Kind>/<namespace>/<name>`, read live from the store. The values of a Secret are masked
 * everywhere from the moment it is read.
 */
export function factsFromStore(
  store: Store,
  redactor: Redactor,
): (key: string) => Promise<DeepReadonly<Json>> {
  return async (key) => {
    const [kindName = '', namespace, name = ''] = key.split('/')
    const kind = kinds.get(kindName)
    if (kind === undefined || name === '') return null
    const found = await store.get(kind, { namespace, name })
    const secret = kind === SecretKind ? SecretKind.schema.safeParse(found) : undefined
    if (secret?.success === true) hide(secret.data, redactor)
    // What is stored is JSON.
    return (found ?? null) as unknown as DeepReadonly<Json>
  }
}

function hide({ data = {}, stringData = {} }: Secret, redactor: Redactor): void {
  for (const encoded of Object.values(data)) {
    redactor.add(encoded)
    redactor.add(Buffer.from(encoded, 'base64').toString('utf8'))
  }
  for (const text of Object.values(stringData)) redactor.add(text)
}
