import { GantryError } from '../core/errors.ts'
import type { DeepReadonly, Json } from '../core/json.ts'
import { kindByName } from '../core/kinds/index.ts'
import type { Redactor } from '../core/redact.ts'
import { isJsonObject } from '../core/json.ts'
import type { Store } from '../store.ts'

/**
 * The facts that expressions ask for, by key (`<Kind>/<namespace>/<name>`), read live; null for what does not exist.
 * Values of Secrets are registered before anybody sees them, so that they are masked wherever they turn up.
 */
export function createFactReader(
  store: Store,
  redactor: Redactor,
): (key: string) => Promise<DeepReadonly<Json>> {
  return async (key) => {
    const [kindName = '', namespace = '', name = ''] = key.split('/')
    const kind = kindByName(kindName)
    if (kind === undefined)
      throw new GantryError('Internal', `expressions cannot look up ${JSON.stringify(key)}`)
    const found: unknown = (await store.get(kind, { namespace, name })) ?? null
    if (kindName === 'Secret') registerSecret(found, redactor)
    // What a store holds is JSON.
    return found as DeepReadonly<Json>
  }
}

function registerSecret(secret: unknown, redactor: Redactor): void {
  if (!isJsonObject(secret) || !isJsonObject(secret['data'])) return
  for (const value of Object.values(secret['data'])) {
    if (typeof value === 'string') redactor.add(Buffer.from(value, 'base64').toString('utf8'))
  }
}
