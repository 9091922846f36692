import { quoteGo } from '../../core/expr/go-quote.ts'
import type { ImageEntry, ScalarValue } from '../../core/yaml.ts'
import { isKargoQuoted } from './render.ts'

/** The message that update steps offer for the commit that follows, as Kargo words it. */
export function updateMessage(
  path: string,
  updates: readonly { readonly key: string; readonly value: ScalarValue }[],
): string {
  const lines = updates.map(({ key, value }) => `- ${key}: ${show(value)}`)
  return `Updated ${path}\n\n${lines.join('\n')}`
}

function show(value: ScalarValue): string {
  return typeof value === 'string' && isKargoQuoted(value) ? quoteGo(value) : String(value)
}

/** The message that image steps offer; it names every image of the file. */
export function imagesMessage(path: string, images: readonly ImageEntry[]): string {
  const lines = images.map(({ name, newName, newTag, digest }) => {
    const tag = newTag === undefined || newTag === '' ? '' : `:${newTag}`
    const pin = digest === undefined || digest === '' ? '' : `@${digest}`
    return `- ${newName === undefined || newName === '' ? name : newName}${tag}${pin}`
  })
  const what = images.length > 1 ? 'images' : 'image'
  return [`Updated ${path} to use new ${what}`, '', ...lines.sort()].join('\n').trimEnd()
}
