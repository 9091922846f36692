import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../core/errors.ts'
import { resolveURL } from './submodules.ts'

test('a relative address is counted from that of the superproject, in whichever form that is', () => {
  for (const [superproject, url, resolved] of [
    ['https://example.com/team/app.git', '../lib.git', 'https://example.com/team/lib.git'],
    ['https://example.com/team/app', './lib', 'https://example.com/team/app/lib'],
    ['ssh://git@example.com/team/app', '../../x/lib', 'ssh://git@example.com/x/lib'],
    ['git@example.com:/srv/app', '../lib', 'ssh://git@example.com/srv/lib'],
    ['git@example.com:team/app', '../lib', 'git@example.com:team/lib'],
    ['git@example.com:app', '../lib', 'git@example.com:lib'],
    ['git@example.com:a@b:c/app', '../../lib', 'git@example.com:lib'],
    ['git@[::1]:team/app', '../../lib', 'git@[::1]:lib'],
    ['git@example.com:team/app', 'https://other.example.com/lib', 'https://other.example.com/lib'],
  ] as const)
    assert.equal(resolveURL(superproject, url), resolved)
  assert.throws(
    () => resolveURL('git@example.com:app', '../../lib'),
    (thrown) => hasCode(thrown, 'Invalid'),
  )
})
