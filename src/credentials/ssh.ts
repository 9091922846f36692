import { z } from 'zod'
import { isSshUrl } from '../core/policy/find-credential.ts'
import { defineCredential } from '../credential.ts'
import { fingerprint } from '../lib/fingerprint.ts'

/** A private key for git over SSH. */
export default defineCredential({
  kind: 'ssh',
  summary: 'A private key, and optionally the keys of known hosts, for git over SSH.',
  types: ['git'],
  keys: z.object({
    sshPrivateKey: z
      .string()
      .min(1)
      .describe('The private key, as ssh-keygen writes it; no passphrase'),
    sshKnownHosts: z
      .string()
      .optional()
      .describe('Lines as in `known_hosts`; without them any host key is taken'),
  }),
  secretKeys: ['sshPrivateKey'],
  example: {
    repoURL: 'git@github.com:example/app.git',
    sshPrivateKey: '<private key>',
    sshKnownHosts: 'github.com ssh-ed25519 <host key>',
  },
  matches: ({ data }, url) => (data['sshPrivateKey'] ?? '') !== '' && isSshUrl(url),
  identify: ({ data }) =>
    (data['sshKnownHosts'] ?? '') === '' ? 'SSH key' : 'SSH key, known hosts only',
  async resolve({ data }) {
    const sshPrivateKey = endWithNewline(data['sshPrivateKey'] ?? '')
    const sshKnownHosts = data['sshKnownHosts']
    return {
      sshPrivateKey,
      ...(sshKnownHosts !== undefined && sshKnownHosts !== '' && { sshKnownHosts }),
      fingerprint: fingerprint('ssh', sshPrivateKey, sshKnownHosts ?? ''),
    }
  },
})

/** ssh refuses a key whose last line does not end, which is how many Secrets hold it. */
function endWithNewline(key: string): string {
  return key.endsWith('\n') ? key : `${key}\n`
}
