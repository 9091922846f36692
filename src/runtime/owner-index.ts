import { type Kind, kindKey, type KubeObject, type OwnerReference } from '../core/kinds/kind.ts'
import type { Ref } from '../store.ts'
import { refOf } from './controller.ts'

/** An object that names owners, as far as garbage collection needs to know it. */
export interface Dependant {
  readonly kind: Kind
  readonly ref: Ref
}

/** An owner as its dependants name it: they look for it in their own namespace. */
export interface Owner {
  readonly reference: OwnerReference
  readonly namespace: string | undefined
  readonly dependants: Map<string, Dependant>
}

/** Who depends on whom, of everything that names an owner. Holds names only, whatever the objects weigh. */
export class OwnerIndex {
  readonly #owners = new Map<string, Owner>()
  /** The owners that each dependant was filed under. */
  readonly #filed = new Map<string, readonly string[]>()

  /** Takes an object in as it is now; returns the keys of owners that nobody named before. */
  put(kind: Kind, object: KubeObject): readonly string[] {
    const references = object.metadata.ownerReferences ?? []
    const id = dependantKey(kind, object.metadata)
    if (references.length === 0) {
      this.remove(kind, object.metadata)
      return []
    }
    const { namespace } = object.metadata
    const ref = refOf(object)
    const keys = references.map((reference) => ownerKey(reference.uid, namespace))
    const fresh: string[] = []
    for (const [at, key] of keys.entries()) {
      const reference = references[at]
      if (reference === undefined) continue
      let owner = this.#owners.get(key)
      if (owner === undefined) {
        owner = { reference: { ...reference }, namespace, dependants: new Map() }
        this.#owners.set(key, owner)
        fresh.push(key)
      }
      owner.dependants.set(id, { kind, ref })
    }
    for (const key of this.#filed.get(id) ?? []) if (!keys.includes(key)) this.#drop(key, id)
    this.#filed.set(id, keys)
    return fresh
  }

  remove(kind: Kind, ref: Ref): void {
    const id = dependantKey(kind, ref)
    for (const key of this.#filed.get(id) ?? []) this.#drop(key, id)
    this.#filed.delete(id)
  }

  get(key: string): Owner | undefined {
    return this.#owners.get(key)
  }

  /** Keys under which an object of this uid may be named: in its namespace, and by cluster-scoped dependants. */
  keysOf(object: KubeObject): readonly string[] {
    const { uid = '', namespace } = object.metadata
    return namespace === undefined
      ? this.keys().filter((key) => key.startsWith(`${uid}/`))
      : [ownerKey(uid, namespace)].filter((key) => this.#owners.has(key))
  }

  keys(): readonly string[] {
    return [...this.#owners.keys()]
  }

  #drop(key: string, id: string): void {
    const owner = this.#owners.get(key)
    owner?.dependants.delete(id)
    if (owner?.dependants.size === 0) this.#owners.delete(key)
  }
}

function ownerKey(uid: string, namespace: string | undefined): string {
  return `${uid}/${namespace ?? ''}`
}

function dependantKey(kind: Kind, { namespace = '', name }: Ref): string {
  return `${kindKey(kind)}/${namespace}/${name}`
}
