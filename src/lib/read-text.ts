import { isUtf8 } from 'node:buffer'
import { GantryError } from '../core/errors.ts'
import type { Workspace } from '../core/workspace.ts'

/**
 * The text of a file of the workspace. Throws Invalid when it is no UTF-8: read all the same, it would be written back
 * with its other characters replaced.
 */
export async function readText(workspace: Workspace, path: string): Promise<string> {
  const bytes = await workspace.read(path)
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw new GantryError('Invalid', `"${path}" is not UTF-8 text: save it as UTF-8`)
}
