import { isSshUrl } from '../core/policy/find-credential.ts'
import { defineCredential } from '../credential.ts'
import { fingerprint } from '../lib/fingerprint.ts'

/** A user name with a password or token, for repositories of every type that are reached over HTTP. */
export default defineCredential({
  kind: 'basic',
  summary: 'A Secret with `username` and `password`, for git, image and chart repositories.',
  matches: ({ data }, url) => isPresent(data['username'], data['password']) && !isSshUrl(url),
  async resolve({ data }) {
    const username = data['username'] ?? ''
    const password = data['password'] ?? ''
    return { username, password, fingerprint: fingerprint('basic', username, password) }
  },
})

function isPresent(...values: readonly (string | undefined)[]): boolean {
  return values.every((value) => value !== undefined && value !== '')
}
