const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
const imageTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** Every manifest that we understand. */
export const manifestTypes: readonly string[] = [...indexTypes, ...imageTypes]

/** A list of images for several platforms. */
export function isIndexType(mediaType: string): boolean {
  return indexTypes.includes(mediaType)
}

export function isImageType(mediaType: string): boolean {
  return imageTypes.includes(mediaType)
}
