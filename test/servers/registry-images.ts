import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

export interface SampleImage {
  /** RFC 3339, of the image's config; default a fixed moment. */
  readonly created?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** `os/arch[/variant]`. One makes a single image, several an index; default one, `linux/amd64`. */
  readonly platforms?: readonly string[] | undefined
  /** An index even of one platform. */
  readonly index?: boolean | undefined
  /** Annotations of each platform's own manifest. */
  readonly platformAnnotations?: Readonly<Record<string, string>> | undefined
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean | undefined
  /** Adds an attestation to the index, of platform `unknown/unknown`. */
  readonly attestation?: boolean | undefined
  /** Text in the layer: other text, other digest. */
  readonly content?: string | undefined
}

/** What pushing needs to know of a registry; the test server is one. */
export interface PushTarget {
  readonly url: string
  readonly authorization?: string | undefined
}

const ociTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}
const dockerTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
}

/** Pushes a small image over the registry's own protocol. Resolves with the digest that the tag names. */
export async function pushSampleImage(
  target: PushTarget,
  repo: string,
  tag: string,
  image: SampleImage = {},
): Promise<string> {
  const { platforms = ['linux/amd64'], index = platforms.length > 1 } = image
  const types = image.docker === true ? dockerTypes : ociTypes
  if (!index) {
    const [platform = 'linux/amd64'] = platforms
    const own = { ...image, platformAnnotations: image.annotations }
    return (await pushImage(target, repo, tag, platform, own)).digest
  }
  const manifests = []
  for (const platform of [...platforms, ...(image.attestation ? ['unknown/unknown'] : [])]) {
    const [os, architecture, variant] = platform.split('/')
    const { digest, size } = await pushImage(target, repo, undefined, platform, image)
    manifests.push({
      mediaType: types.manifest,
      digest,
      size,
      platform: { os, architecture, ...(variant !== undefined && { variant }) },
    })
  }
  const list = {
    schemaVersion: 2,
    mediaType: types.index,
    manifests,
    ...(image.annotations && { annotations: image.annotations }),
  }
  return (await putManifest(target, repo, tag, types.index, list)).digest
}

async function pushImage(
  target: PushTarget,
  repo: string,
  tag: string | undefined,
  platform: string,
  image: SampleImage,
): Promise<Pushed> {
  const types = image.docker === true ? dockerTypes : ociTypes
  const [os, architecture, variant] = platform.split('/')
  const layer = gzipSync(`${repo} ${platform} ${image.content ?? tag ?? ''}`)
  const config = Buffer.from(
    JSON.stringify({
      created: image.created ?? '2026-01-01T00:00:00Z',
      os,
      architecture,
      ...(variant !== undefined && { variant }),
      config: { ...(image.labels && { Labels: image.labels }) },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  )
  await pushBlob(target, repo, layer)
  await pushBlob(target, repo, config)
  return putManifest(target, repo, tag, types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: types.layer, digest: digestOf(layer), size: layer.length }],
    ...(image.platformAnnotations && { annotations: image.platformAnnotations }),
  })
}

async function pushBlob(target: PushTarget, repo: string, body: Buffer): Promise<void> {
  const start = await call(target, 'POST', `${target.url}/v2/${repo}/blobs/uploads/`)
  const upload = new URL(start.headers.get('location') ?? '', target.url)
  upload.searchParams.set('digest', digestOf(body))
  await call(target, 'PUT', upload.href, body, 'application/octet-stream')
}

async function putManifest(
  target: PushTarget,
  repo: string,
  tag: string | undefined,
  mediaType: string,
  document: object,
): Promise<Pushed> {
  const body = Buffer.from(JSON.stringify(document))
  const digest = digestOf(body)
  const url = `${target.url}/v2/${repo}/manifests/${tag ?? digest}`
  await call(target, 'PUT', url, body, mediaType)
  return { digest, size: body.length }
}

interface Pushed {
  readonly digest: string
  readonly size: number
}

async function call(
  target: PushTarget,
  method: string,
  url: string,
  body?: Buffer,
  contentType?: string,
): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(target.authorization !== undefined && { authorization: target.authorization }),
    },
    ...(body !== undefined && { body: new Uint8Array(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`)
  return response
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}
