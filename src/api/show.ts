import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { type Secret, SecretKind } from '../core/kinds/secret.ts'
import { mask } from '../core/redact.ts'

/** Keys of repository credentials that are no secrets. */
const openKeys: ReadonlySet<string> = new Set(['repoURL', 'repoURLIsRegex', 'username', 'type'])
const descriptionAnnotation = 'kargo.akuity.io/description'

/** An object as a caller may see it: the values of Secrets are masked, and so are their annotations. */
export function showObject<T extends KubeObject>(kind: Kind<T>, object: T): KubeObject {
  return kind.plural === SecretKind.plural && kind.group === '' ? maskSecret(object) : object
}

function maskSecret(object: KubeObject): KubeObject {
  const { data = {}, type, metadata }: Partial<Secret> & KubeObject = object
  const isRepository = metadata.labels?.['kargo.akuity.io/cred-type'] !== undefined
  const stringData = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, isRepository && openKeys.has(key) ? decode(value) : mask]),
  )
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).map(([key, value]) => [key, key === descriptionAnnotation ? value : mask]),
  )
  const shown = { apiVersion: object.apiVersion, kind: object.kind, metadata: { ...metadata, annotations }, type, stringData }
  return shown
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
