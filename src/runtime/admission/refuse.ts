import { GantryError } from '../../core/errors.ts'
import { type KubeObject, refKey } from '../../core/kinds/kind.ts'

/** A 422: the object breaks a rule of its kind. `why` says what to do about it. */
export function invalid(object: KubeObject, field: string, why: string): GantryError {
  return invalidFields(object, [{ field, why }])
}

/** The same for several rules at once; at least one. */
export function invalidFields(
  object: KubeObject,
  problems: readonly { readonly field: string; readonly why: string }[],
): GantryError {
  const details = problems.map(({ field, why }) => `${field}: ${why}`)
  return new GantryError('Invalid', `${title(object)} is not valid: ${details.join('; ')}`, {
    field: problems[0]?.field,
    details,
  })
}

/** A 403: the actor, or the state of things, does not allow it. */
export function forbidden(object: KubeObject, why: string): GantryError {
  return new GantryError('Forbidden', `${title(object)}: ${why}`)
}

/** `Stage demo/test`. */
export function title(object: KubeObject): string {
  const { name, generateName } = object.metadata
  const shown = name === '' || name === undefined ? `${generateName ?? ''}*` : name
  return `${object.kind} ${refKey({ ...object.metadata, name: shown })}`
}
