import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A fresh folder that is removed when the process ends. */
export function makeTempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gantry-${name}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

process.setMaxListeners(0)
