import type { YAMLMap } from 'yaml'
import type { ImageEntry } from '../../core/yaml.ts'

/** The fields of an entry of a kustomization's `images`, in the order in which they are written. */
export const imageFields = ['name', 'newName', 'tagSuffix', 'newTag', 'digest'] as const

/** An entry that a file has, and where. */
export interface WrittenImage {
  readonly entry: ImageEntry
  readonly node: YAMLMap
}

/** Whether both lists say the same; a field that is absent and one that is empty are the same. */
export function sameImages(a: readonly ImageEntry[], b: readonly ImageEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) =>
      imageFields.every((field) => (entry[field] ?? '') === (b[index]?.[field] ?? '')),
    )
  )
}
