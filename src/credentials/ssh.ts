import { isSshUrl } from '../core/policy/find-credential.ts'
import { defineCredential } from '../credential.ts'
import { fingerprint } from '../lib/fingerprint.ts'

/** A private key for git over SSH. */
export default defineCredential({
  kind: 'ssh',
  summary: 'A Secret with `sshPrivateKey` and optionally `sshKnownHosts`, for git over SSH.',
  matches: ({ type, data }, url) =>
    type === 'git' && (data['sshPrivateKey'] ?? '') !== '' && isSshUrl(url),
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
