import { z } from 'zod'
import { GantryError, hasCode } from '../core/errors.ts'
import { trimEndOf } from '../core/trim-end.ts'
import type { ImageEntry } from '../core/yaml.ts'
import { readText } from '../lib/read-text.ts'
import { imagesMessage } from '../lib/yaml-edit/commit-message.ts'
import { defineStep, type FreightImage, type StepContext } from '../step.ts'

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const

const Image = z
  .strictObject({
    image: z.string().min(1).describe('Address of the image'),
    name: z
      .string()
      .optional()
      .describe('Name of the image in the kustomization; default: its address'),
    newName: z.string().optional().describe('Address to use instead; * keeps the one that is set'),
    tag: z.string().optional().describe('Tag to set; * keeps the one that is set'),
    digest: z.string().optional().describe('Digest to set; * keeps the one that is set'),
  })
  .refine(({ tag, digest }) => Boolean(tag) !== Boolean(digest), {
    message: 'Must validate one and only one schema (oneOf)',
    params: { rule: 'exactly one of tag and digest must be set' },
  })

export default defineStep({
  kind: 'kustomize-set-image',
  summary: 'Set images of a kustomization, by default to those of the Freight.',
  effect: 'workspace',
  needs: ['yaml'],
  config: z.strictObject({
    path: z.string().min(1).describe('The folder with the kustomization file'),
    images: z.array(Image).optional().describe('What to set; default: every image of the Freight'),
  }),
  output: z.strictObject({
    commitMessage: z.string().describe('A message for the commit that follows'),
  }),
  example: {
    path: './src/overlays/test',
    images: [{ image: 'ghcr.io/example/app', tag: 'v1.2.3' }],
  },
  async run(ctx, { path, images = [] }) {
    const targets =
      images.length === 0
        ? imagesOfFreight(ctx.images)
        : images.map(({ image, name, newName, tag, digest }): ImageEntry => ({
            name: name || image,
            newName,
            newTag: tag,
            digest,
          }))
    const file = await findKustomization(ctx, path)
    const { yaml, signal } = ctx
    const { text, images: all } = await yaml.setImages(file.source, targets, file.path, signal)
    await ctx.workspace.write(file.path, text)
    return { status: 'Succeeded', output: { commitMessage: imagesMessage(path, all) } }
  },
})

async function findKustomization(
  { workspace }: StepContext,
  folder: string,
): Promise<{ path: string; source: string }> {
  const found: { path: string; source: string }[] = []
  for (const name of fileNames) {
    const path = `${trimEndOf(folder, '/')}/${name}`
    try {
      found.push({ path, source: await readText(workspace, path) })
    } catch (error) {
      if (!hasCode(error, 'NotFound')) throw error
    }
  }
  const [only, ...more] = found
  if (only === undefined) {
    throw new GantryError('NotFound', `there is no kustomization file in "${folder}"`)
  }
  if (more.length > 0) {
    throw new GantryError('Invalid', `there is more than one kustomization file in "${folder}"`)
  }
  return only
}

function imagesOfFreight(images: readonly FreightImage[] | undefined): ImageEntry[] {
  if (images === undefined) {
    throw new GantryError(
      'Invalid',
      'the images of the Freight are not known here; name the images',
    )
  }
  const byURL = new Map<string, FreightImage>()
  for (const image of images) {
    const other = byURL.get(image.repoURL)
    if (other !== undefined && other.origin !== image.origin) {
      throw new GantryError(
        'Invalid',
        `${image.repoURL} comes from the Warehouses ${other.origin} and ${image.origin}: manual configuration required due to ambiguous result`,
      )
    }
    byURL.set(image.repoURL, image)
  }
  return [...byURL.values()].map(({ repoURL, tag, digest }) => ({
    name: repoURL,
    newTag: tag,
    digest,
  }))
}
