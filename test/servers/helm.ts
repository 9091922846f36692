/** The real helm, where the test command put it: see scripts/helm.ts. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { helmPath } from '../../scripts/helm.ts'

export const noHelm: string | false = existsSync(helmPath)
  ? false
  : 'needs helm (x86-64 Linux only): npm test -- --with-system-packages'

export function helm(folder: string, ...args: readonly string[]): void {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder }
  execFileSync(helmPath, args, { cwd: folder, env, stdio: 'pipe' })
}
