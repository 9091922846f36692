import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commitURL } from './commit-url.ts'

test('a commit has a page on the hosts that are known', () => {
  for (const [repoURL, provider, expected] of [
    ['https://github.com/Owner/Repo.git', undefined, 'https://github.com/owner/repo/commit/c1'],
    ['git@github.com:o/r.git', undefined, 'https://github.com/o/r/commit/c1'],
    ['https://x.ghe.com/o/r', undefined, 'https://x.ghe.com/o/r/commit/c1'],
    ['https://gitlab.com/g/s/r', undefined, 'https://gitlab.com/g/s/r/-/commit/c1'],
    ['https://gitea.local:3000/o/r', undefined, 'https://gitea.local:3000/o/r/commit/c1'],
    ['https://bitbucket.org/o/r', undefined, 'https://bitbucket.org/o/r/commits/c1'],
    [
      'https://me@dev.azure.com/o/p/_git/r',
      undefined,
      'https://dev.azure.com/o/p/_git/r/commit/c1',
    ],
    [
      'https://o.visualstudio.com/p/_git/r',
      undefined,
      'https://dev.azure.com/o/p/_git/r/commit/c1',
    ],
    ['git@ssh.dev.azure.com:v3/o/p/r', undefined, 'https://dev.azure.com/o/p/r/commit/c1'],
    ['https://git.example.com/o/r', undefined, undefined],
    ['https://git.example.com/o/r', 'gitlab', 'https://git.example.com/o/r/-/commit/c1'],
    ['not a url', 'github', undefined],
  ] as const) {
    assert.equal(commitURL(repoURL, 'c1', provider), expected, repoURL)
  }
})
