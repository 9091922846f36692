import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { annotations, labels } from '../core/kinds/labels.ts'
import { type Secret, SecretKind } from '../core/kinds/secret.ts'
import { mapValues } from '../core/map-values.ts'
import { mask } from '../core/redact.ts'

/** Keys of repository credentials that are no secrets. */
const openKeys: ReadonlySet<string> = new Set(['repoURL', 'repoURLIsRegex', 'username', 'type'])

/** An object as a caller may see it: the values of Secrets are masked, and so are their annotations. */
export function showObject(kind: Kind, object: KubeObject): KubeObject {
  if (kind.plural !== SecretKind.plural || kind.group !== '') return object
  const secret = SecretKind.schema.safeParse(object)
  return secret.success ? maskSecret(secret.data) : { ...emptied(object) }
}

/** A Secret that cannot be read shows its name only. */
function emptied({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } }
}

function maskSecret({ apiVersion, kind, metadata, data = {}, type }: Secret): KubeObject {
  const isRepository = metadata.labels?.[labels.credType] !== undefined
  const stringData = mapValues(data, (value, key) =>
    isRepository && openKeys.has(key) ? decode(value) : mask,
  )
  const notes = mapValues(metadata.annotations ?? {}, (value, key) =>
    key === annotations.description ? value : mask,
  )
  const shown = {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: notes },
    type,
    stringData,
  }
  return shown
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
