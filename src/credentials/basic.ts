import { z } from 'zod'
import { isSshUrl } from '../core/policy/find-credential.ts'
import { defineCredential } from '../credential.ts'
import { fingerprint } from '../lib/fingerprint.ts'

/** A user name with a password or token, for repositories of every type that are reached over HTTP. */
export default defineCredential({
  kind: 'basic',
  summary: 'A user name with a password or token, for git, image and chart repositories.',
  types: ['git', 'image', 'helm'],
  keys: z.object({
    username: z.string().min(1).describe('The user; some hosts take any word beside a token'),
    password: z.string().min(1).describe('The password or token'),
  }),
  secretKeys: ['password'],
  example: {
    repoURL: 'https://github.com/example/app.git',
    username: 'deploy-bot',
    password: '<token>',
  },
  matches: ({ data }, url) =>
    (data['username'] ?? '') !== '' && (data['password'] ?? '') !== '' && !isSshUrl(url),
  identify: ({ data }) => data['username'] ?? '',
  async resolve({ data }) {
    const username = data['username'] ?? ''
    const password = data['password'] ?? ''
    return { username, password, fingerprint: fingerprint('basic', username, password) }
  },
})
