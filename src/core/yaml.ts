/** YAML as plugins see it: texts are read and edited without holding up anything else, however long they are. */

export type ScalarValue = string | number | boolean | null

export interface ScalarUpdate {
  /** Dots between the parts: `images.0.tag`; `\.` for a dot in a name. */
  readonly key: string
  readonly value: ScalarValue
}

/** An entry of a kustomization's `images`. */
export interface ImageEntry {
  readonly name: string
  readonly newName?: string | undefined
  readonly tagSuffix?: string | undefined
  readonly newTag?: string | undefined
  readonly digest?: string | undefined
}

export interface ImageEdit {
  readonly text: string
  /** The whole list, as it is now. */
  readonly images: readonly ImageEntry[]
}

/**
 * `name` is for messages. Throws Invalid for what is not YAML or not what was expected, TooLarge, Timeout for what takes
 * too long, Canceled when the signal aborts first, and Unavailable when too much is waiting already.
 */
export interface YamlReader {
  /** The first document as JSON, as Kubernetes reads it. */
  read(source: string, name: string, signal?: AbortSignal): Promise<unknown>
}

export interface YamlCapability extends YamlReader {
  /** The text with these scalars set, and nothing else of it changed. */
  setScalars(
    source: string,
    updates: readonly ScalarUpdate[],
    name: string,
    signal?: AbortSignal,
  ): Promise<string>
  /** The text of a kustomization with these images set, and nothing else of it changed. */
  setImages(
    source: string,
    targets: readonly ImageEntry[],
    name: string,
    signal?: AbortSignal,
  ): Promise<ImageEdit>
}
