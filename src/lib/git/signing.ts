import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { GitSigner } from '../../core/git.ts'
import type { Exec } from '../exec.ts'
import type { PrivateFiles } from './private-files.ts'

export interface Signing {
  readonly config: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  end(): Promise<void>
}

export const noSigning: Signing = { config: {}, env: {}, end: () => Promise.resolve() }

/**
 * Lets git sign with a private key (OpenSSH or armoured PGP) for as long as it takes. The key is in a private folder
 * that `end` removes. Signatures carry `atMs`, so that the same commit stays the same.
 */
export async function prepareSigning(
  exec: Exec,
  keys: PrivateFiles,
  { signer, atMs }: { readonly signer: GitSigner; readonly atMs: number },
  signal: AbortSignal,
): Promise<Signing> {
  const { path: folder, end } = await keys.make()
  try {
    const key = join(folder, 'key')
    await writeFile(key, `${signer.key.trim()}\n`, { mode: 0o600 })
    if (!signer.key.includes('PGP PRIVATE KEY')) {
      return {
        config: { 'gpg.format': 'ssh', 'user.signingKey': key, 'commit.gpgSign': 'true' },
        env: {},
        end,
      }
    }
    return await preparePgp(exec, folder, key, atMs, signal, end)
  } catch (error) {
    await end()
    throw error
  }
}

async function preparePgp(
  exec: Exec,
  folder: string,
  key: string,
  atMs: number,
  signal: AbortSignal,
  end: () => Promise<void>,
): Promise<Signing> {
  const env = { GNUPGHOME: folder, HOME: folder }
  const gpg = (...args: string[]) => exec.run({ command: 'gpg', args, env, signal })
  const imported = await gpg('--batch', '--quiet', '--no-tty', '--import', key)
  const listed = await gpg('--batch', '--with-colons', '--list-secret-keys')
  const fingerprint = /^fpr:+([0-9A-F]+):/mu.exec(listed.stdout)?.[1]
  if (imported.exitCode !== 0 || fingerprint === undefined) {
    throw new GantryError('Invalid', 'cannot use the signing key: gpg did not take it')
  }
  const seconds = Math.floor(atMs / 1000)
  const wrapper = join(folder, 'sign')
  await writeFile(
    wrapper,
    `#!/bin/sh\nexec gpg --batch --no-tty --pinentry-mode loopback --faked-system-time ${seconds}! "$@"\n`,
    { mode: 0o700 },
  )
  return {
    config: {
      'gpg.format': 'openpgp',
      'gpg.program': wrapper,
      'user.signingKey': fingerprint,
      'commit.gpgSign': 'true',
    },
    env,
    async end() {
      await exec.run({ command: 'gpgconf', args: ['--kill', 'all'], env }).catch(() => undefined)
      await end()
    },
  }
}
