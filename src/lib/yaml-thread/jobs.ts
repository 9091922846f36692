import { deserialize, serialize } from 'node:v8'
import { type ManifestDocument, readManifests } from '../manifest-yaml.ts'
import { setScalars } from '../yaml-edit/edit.ts'
import { setImages } from '../yaml-edit/images.ts'
import { readYaml } from '../yaml-edit/read.ts'
import { fromFailure, toFailure } from './failure.ts'
import type { Answers, Job, ManifestData } from './messages.ts'

/** Does a job here and now. Throws what the work throws. */
export function doJob(job: Job): Answers[Job['type']] {
  switch (job.type) {
    case 'read':
      return readYaml(job.source, job.name)
    case 'setScalars':
      return setScalars(job.source, job.updates, job.name)
    case 'setImages':
      return setImages(job.source, job.targets, job.name)
    case 'readManifests':
      return packManifests(readManifests(job.source))
  }
}

/** Documents that are worked on in one turn of the loop. */
export const perPiece = 16

/** In pieces, so that whoever unpacks them can do something else in between. */
function packManifests(documents: readonly ManifestDocument[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < documents.length; at += perPiece) {
    pieces.push(serialize(documents.slice(at, at + perPiece).map(toData)))
  }
  return pieces
}

export function unpackManifests(piece: Uint8Array): readonly ManifestDocument[] {
  // `packManifests` wrote it.
  return (deserialize(piece) as readonly ManifestData[]).map(fromData)
}

function toData(entry: ManifestDocument): ManifestData {
  if (!('error' in entry)) return entry
  const { error, ...place } = entry
  return { ...place, failure: toFailure(error) }
}

function fromData(data: ManifestData): ManifestDocument {
  if (!('failure' in data)) return data
  const { failure, ...place } = data
  return { ...place, error: fromFailure(failure) }
}
