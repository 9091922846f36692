import { GantryError } from '../../core/errors.ts'
import { deepFreeze, isJsonObject } from '../../core/json.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import { type Place, readText } from './shelf.ts'

/** Sorts by namespace, then name: no name holds a NUL. */
export function objectKey(namespace: string, name: string): string {
  return `${namespace}\0${name}`
}

/** What selecting needs to know of an object. */
interface Facts {
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly index: Readonly<Record<string, readonly string[]>>
}

/** Where an entry comes from: names as the disk has them, and the text. */
export interface EntrySource {
  readonly namespace: string
  readonly name: string
  readonly seq: number
  readonly body: string | Place
}

/**
 * One version of one object, never changed. It holds the JSON text, or where it lies; the parsed object lives only as
 * long as somebody uses it, because most objects of a large store (old Promotions) are hardly ever looked at.
 */
export class Entry {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly seq: number
  readonly #body: string | Place
  readonly #kind: Kind
  #facts: Facts | undefined
  #parsed: WeakRef<KubeObject> | undefined

  constructor(kind: Kind, { namespace, name, seq, body }: EntrySource) {
    this.#kind = kind
    this.key = objectKey(namespace, name)
    this.namespace = namespace
    this.name = name
    this.seq = seq
    this.#body = body
  }

  /**
   * The entry of an object that is about to be written as `body`. Its indexes must work: a failing one fails the write.
   * The object itself is left to whoever made it.
   */
  static of(kind: Kind, object: KubeObject, seq: number, body: string): Entry {
    const { name, namespace = '', labels } = object.metadata
    const source = { namespace: kind.namespaced ? namespace : '', name, seq, body }
    const entry = new Entry(kind, source)
    entry.#facts = { labels: labels && { ...labels }, index: kind.indexKeys(object) }
    return entry
  }

  /** The JSON text. */
  get body(): string {
    return typeof this.#body === 'string' ? this.#body : readText(this.#body)
  }

  /**
   * The frozen object.
   * @throws GantryError Unavailable when the stored text is damaged
   */
  get object(): KubeObject {
    const held = this.#parsed?.deref()
    if (held !== undefined) return held
    const object = deepFreeze(this.#parse())
    this.#parsed = new WeakRef(object)
    return object
  }

  get labels(): Facts['labels'] {
    return this.#factsOf().labels
  }

  get index(): Facts['index'] {
    return this.#factsOf().index
  }

  #factsOf(): Facts {
    if (this.#facts === undefined) this.#learn(this.#parsed?.deref() ?? this.#parse())
    return this.#facts ?? { labels: undefined, index: {} }
  }

  #parse(): KubeObject {
    try {
      const object = parseObject(this.body)
      if (this.#facts === undefined) this.#learn(object)
      return object
    } catch (thrown) {
      throw new GantryError(
        'Unavailable',
        `the stored ${this.#kind.kind} ${refKey(this)} is damaged: restore the data folder from a backup`,
        { cause: thrown },
      )
    }
  }

  #learn(object: KubeObject): void {
    this.#facts = { labels: object.metadata.labels, index: indexOf(this.#kind, object) }
  }
}

/** An object that an older version let in may lack what an index looks at: then it is in none until it is changed. */
function indexOf(kind: Kind, object: KubeObject): Facts['index'] {
  try {
    return kind.indexKeys(object)
  } catch {
    return {}
  }
}

/**
 * The boundary at which stored text becomes an object: whatever admission let in is trusted to have its kind's shape.
 * @throws GantryError Internal, SyntaxError when the text is no object
 */
function parseObject(body: string): KubeObject {
  const value: unknown = JSON.parse(body)
  if (!isJsonObject(value) || !isJsonObject(value['metadata']))
    throw new GantryError('Internal', 'stored text is no object')
  return value as unknown as KubeObject
}

/** An object as the type of its kind: every object is filed under the kind it was admitted as. */
export function typed<T extends KubeObject>(_kind: Kind<T>, object: KubeObject): T {
  return object as T
}
