import { GantryError } from '../core/errors.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { SecretKind } from '../core/kinds/secret.ts'
import type { Call } from './operation.ts'

/** Installations whose Secrets come from elsewhere keep them out of the API. */
export function refuseDisabled(call: Call, kind: Kind): void {
  const isSecret = kind.plural === SecretKind.plural && kind.group === SecretKind.group
  if (!isSecret || call.parts.secretManagementEnabled) return
  throw new GantryError('NotSupported', 'secret management is switched off on this server')
}
