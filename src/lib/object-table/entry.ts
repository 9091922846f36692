import { GantryError } from '../../core/errors.ts'
import { deepFreeze, isJsonObject } from '../../core/json.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'

/** Names a kind in keys and rows, whatever its version: `Stage.kargo.akuity.io`, `Secret`. */
export function kindKeyOf(kind: Pick<Kind, 'kind' | 'group'>): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
}

/** Sorts by namespace, then name: no name holds a NUL. */
export function objectKey(namespace: string, name: string): string {
  return `${namespace}\0${name}`
}

/**
 * One version of one object, never changed. It holds the JSON text and what selection needs; the parsed object lives
 * only as long as somebody uses it, because most objects of a large store (old Promotions) are hardly ever looked at.
 */
export class Entry {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly seq: number
  readonly body: string
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly index: Readonly<Record<string, readonly string[]>>
  #parsed: WeakRef<KubeObject> | undefined

  constructor(kind: Kind, object: KubeObject, seq: number, body: string) {
    this.namespace = kind.namespaced ? (object.metadata.namespace ?? '') : ''
    this.name = object.metadata.name
    this.key = objectKey(this.namespace, this.name)
    this.seq = seq
    this.body = body
    this.labels = object.metadata.labels
    this.index = kind.indexKeys(object)
    if (Object.isFrozen(object)) this.#parsed = new WeakRef(object)
  }

  /** The frozen object. */
  get object(): KubeObject {
    const held = this.#parsed?.deref()
    if (held !== undefined) return held
    const object = deepFreeze(parseObject(this.body))
    this.#parsed = new WeakRef(object)
    return object
  }
}

/**
 * The boundary at which stored text becomes an object: whatever admission let in is trusted to have its kind's shape.
 * @throws GantryError Internal when the text is no object
 */
export function parseObject(body: string): KubeObject {
  const value: unknown = JSON.parse(body)
  if (!isJsonObject(value) || !isJsonObject(value['metadata']))
    throw new GantryError('Internal', 'stored text is no object')
  return value as unknown as KubeObject
}

/** An object as the type of its kind: every object is filed under the kind it was admitted as. */
export function typed<T extends KubeObject>(_kind: Kind<T>, object: KubeObject): T {
  return object as T
}
