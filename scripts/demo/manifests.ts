import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from './world.ts'

/** The manifests of `examples/quickstart`, with the addresses of this world's servers. */
export async function quickstartManifests(world: World): Promise<string> {
  const examples = join(import.meta.dirname, '../../examples/quickstart')
  const names = (await readdir(examples)).filter((name) => name.endsWith('.yaml')).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(examples, name), 'utf8')))
  return world.localize(texts.join('---\n'))
}
