import type { ErrorCode, GantryError } from '../../core/errors.ts'
import type { ImageEdit, ImageEntry, ScalarUpdate } from '../../core/yaml.ts'

/** A whole piece of work on one text; plain data, so that another thread can do it. */
export type Job =
  | { readonly type: 'read'; readonly source: string; readonly name: string }
  | {
      readonly type: 'setScalars'
      readonly source: string
      readonly updates: readonly ScalarUpdate[]
      readonly name: string
    }
  | {
      readonly type: 'setImages'
      readonly source: string
      readonly targets: readonly ImageEntry[]
      readonly name: string
    }
  | { readonly type: 'readManifests'; readonly source: string }

export interface Answers {
  readonly read: unknown
  readonly setScalars: string
  readonly setImages: ImageEdit
  /** `ManifestData`, some of them a piece, as `v8.serialize` writes them. */
  readonly readManifests: readonly Uint8Array[]
}

/** A `ManifestDocument` as plain data. */
export type ManifestData = {
  readonly document: number
  readonly item?: number
  readonly line: number
} & ({ readonly value: unknown } | { readonly failure: Failure })

export type Reply = { readonly answer: unknown } | { readonly failure: Failure }

/** A GantryError on its way between threads; its cause stays behind. */
export interface Failure extends Pick<GantryError, 'message' | 'field' | 'details'> {
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined
  readonly isOutOfRange: boolean
}
