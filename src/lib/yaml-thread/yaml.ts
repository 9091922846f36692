import { setImmediate as nextTurn } from 'node:timers/promises'
import type { YamlCapability } from '../../core/yaml.ts'
import { type ManifestDocument, readJsonManifests, readManifests } from '../manifest-yaml.ts'
import { setScalars } from '../yaml-edit/edit.ts'
import { setImages } from '../yaml-edit/images.ts'
import { readYaml } from '../yaml-edit/read.ts'
import { perPiece, unpackManifests } from './jobs.ts'
import { createThreads, type ThreadOptions } from './threads.ts'

/** YAML for a server: what takes longer than a moment is done by another thread. */
export interface Yaml extends YamlCapability {
  /** The manifests in a text, as `readManifests` reads them, some at a time. */
  manifests(source: string, signal?: AbortSignal): AsyncIterable<readonly ManifestDocument[]>
  /** What is not done yet fails with Canceled. */
  close(): Promise<void>
}

export interface YamlOptions extends ThreadOptions {
  /** Texts up to so many characters are done at once; default 8 KiB: about the time that a disk takes for one write. */
  readonly inlineLength?: number | undefined
}

/** One for the whole process. */
export function createYaml(options: YamlOptions): Yaml {
  const { inlineLength = 8192 } = options
  const threads = createThreads(options)
  /** Each change looks through the text. */
  const isShort = (source: string, changes = 1): boolean =>
    source.length * Math.max(1, changes / 16) <= inlineLength
  return {
    async read(source, name, signal) {
      if (isShort(source)) return readYaml(source, name)
      return threads.run({ type: 'read', source, name }, name, signal)
    },
    async setScalars(source, updates, name, signal) {
      if (isShort(source, updates.length)) return setScalars(source, updates, name)
      return threads.run({ type: 'setScalars', source, updates, name }, `"${name}"`, signal)
    },
    async setImages(source, targets, name, signal) {
      if (isShort(source, targets.length)) return setImages(source, targets, name)
      return threads.run({ type: 'setImages', source, targets, name }, `"${name}"`, signal)
    },
    async *manifests(source, signal) {
      // JSON costs no more to read than the thread's answer would.
      const documents = isShort(source) ? readManifests(source) : readJsonManifests(source)
      if (documents !== undefined) return yield* inTurns(documents)
      const pieces = await threads.run({ type: 'readManifests', source }, 'the manifests', signal)
      for (const piece of pieces) {
        yield unpackManifests(piece)
        await nextTurn()
      }
    },
    close: () => threads.close(),
  }
}

async function* inTurns(
  documents: readonly ManifestDocument[],
): AsyncGenerator<readonly ManifestDocument[]> {
  for (let at = 0; at < documents.length; at += perPiece) {
    if (at > 0) await nextTurn()
    yield documents.slice(at, at + perPiece)
  }
}
