import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What some suites need beyond git and Node: a file that shows it is there, and the Debian package that brings it. */
const needed: readonly { readonly file: string; readonly package: string }[] = [
  { file: '/usr/bin/git', package: 'git' },
  { file: '/usr/bin/chromium', package: 'chromium' },
  { file: '/usr/sbin/sshd', package: 'openssh-server' },
  { file: '/usr/bin/docker-registry', package: 'docker-registry' },
  { file: '/usr/bin/htpasswd', package: 'apache2-utils' },
  { file: '/usr/bin/unzip', package: 'unzip' },
]

/** Installs what is missing. Needs Debian's apt-get and root; says so where it cannot. */
export function installSystemPackages(): void {
  const missing = needed.filter(({ file }) => !existsSync(file)).map((entry) => entry.package)
  if (missing.length === 0) return
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    process.stderr.write(`cannot install ${missing.join(', ')}: that needs Debian and root\n`)
    return
  }
  // RUNLEVEL keeps the packages from starting servers of their own.
  const env = { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' }
  const run = (...args: readonly string[]): number =>
    spawnSync('apt-get', args, { stdio: 'inherit', env }).status ?? 1
  if (
    run('update', '-qq') !== 0 ||
    run('install', '-qq', '-y', '--no-install-recommends', ...missing) !== 0
  ) {
    process.stderr.write(`could not install ${missing.join(', ')}\n`)
    process.exit(1)
  }
}
