import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import type { Write } from './parts.ts'
import { invalid } from './refuse.ts'

const labelPart = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const maxAnnotationsLength = 256 * 1024

/** Names, labels and annotations as Kubernetes allows them. What is stored already is not judged again. */
export function checkMetadata(write: Write): void {
  const { object, old, kind } = write
  const { name, labels, annotations, finalizers } = object.metadata
  if (old === undefined && !kindsNamedByContent.has(kind.kind)) checkName(kind, object, name)
  if (labels !== old?.metadata.labels) checkLabels(object, labels ?? {})
  if (annotations !== old?.metadata.annotations) checkAnnotations(object, annotations ?? {})
  for (const finalizer of finalizers ?? []) {
    if (!isQualifiedName(finalizer)) {
      throw invalid(object, 'metadata.finalizers', `"${finalizer}" is not a qualified name`)
    }
  }
}

/** Their name is given after this check, whatever was asked for. */
const kindsNamedByContent: ReadonlySet<string> = new Set(['Freight', 'Promotion'])
/** Their name becomes part of other names. */
const kindsOfLabelNames: ReadonlySet<string> = new Set(['Namespace', 'Project'])

function checkName(kind: Kind, object: KubeObject, name: string | undefined): void {
  const field = 'metadata.name'
  if (name === undefined || name === '') throw invalid(object, field, 'the field is required')
  if (kind.group === 'rbac.authorization.k8s.io') return
  if (kindsOfLabelNames.has(kind.kind)) {
    if (name.length <= 63 && dnsLabel.test(name)) return
    throw invalid(
      object,
      field,
      `"${name}" must be at most 63 lower-case letters, digits and "-", and begin and end with a letter or digit`,
    )
  }
  if (name.length <= 253 && subdomain.test(name)) return
  throw invalid(
    object,
    field,
    `"${name}" must be at most 253 lower-case letters, digits, "-" and ".", and begin and end with a letter or digit`,
  )
}

function checkLabels(object: KubeObject, labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    if (!isQualifiedName(key)) {
      throw invalid(object, 'metadata.labels', `"${key}" is not a qualified name`)
    }
    if (!isLabelValue(value)) {
      throw invalid(
        object,
        'metadata.labels',
        `the value "${value}" of ${key} must be at most 63 letters, digits, "-", "_" and "."`,
      )
    }
  }
}

function checkAnnotations(object: KubeObject, annotations: Readonly<Record<string, string>>): void {
  let length = 0
  for (const [key, value] of Object.entries(annotations)) {
    length += key.length + value.length
    if (!isQualifiedName(key.toLowerCase())) {
      throw invalid(object, 'metadata.annotations', `"${key}" is not a qualified name`)
    }
  }
  if (length > maxAnnotationsLength) {
    throw invalid(object, 'metadata.annotations', `together longer than ${maxAnnotationsLength}`)
  }
}

export function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && labelPart.test(value))
}

/** `name` or `prefix.example.com/name`. */
function isQualifiedName(key: string): boolean {
  const parts = key.split('/')
  const name = parts.at(-1) ?? ''
  if (parts.length > 2 || name.length > 63 || !labelPart.test(name)) return false
  const [prefix] = parts
  return (
    parts.length === 1 || (prefix !== undefined && prefix.length <= 253 && subdomain.test(prefix))
  )
}
