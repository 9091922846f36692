import { GantryError } from '../../core/errors.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'

/** Kubernetes' alphabet for generated names: no vowels, nothing that looks like something else. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const maxGeneratedLength = 63
const maxNameLength = 253

/** `generateName` with a random suffix, cut so that the name stays a DNS label. */
export function generateName(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint32Array(suffixLength))
  const suffix = [...bytes].map((value) => alphabet[value % alphabet.length]).join('')
  return `${prefix.slice(0, maxGeneratedLength - suffixLength)}${suffix}`
}

/**
 * Whether an object can be filed under its name at all; what a kind's names look like is for admission to say.
 * @throws GantryError Invalid
 */
export function checkName(kind: Kind, object: KubeObject): void {
  const { name, namespace } = object.metadata
  checkPart(kind, 'metadata.name', name)
  if (kind.namespaced) checkPart(kind, 'metadata.namespace', namespace)
}

function checkPart(kind: Kind, field: string, value: string | undefined): void {
  if (value === undefined || value === '')
    throw new GantryError('Invalid', `a ${kind.kind} needs ${field}`, { field })
  if (value.length > maxNameLength || /[\0/]/.test(value) || value === '.' || value === '..')
    throw new GantryError('Invalid', `${field} cannot be ${JSON.stringify(value)}`, { field })
}
