import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseChallenge, scopeOf } from './auth.ts'

function asked(scope: string | undefined): string {
  const named = scope === undefined ? '' : `,scope="${scope}"`
  const challenge = parseChallenge(`Bearer realm="https://auth.example.com/token"${named}`)
  assert.ok(challenge)
  return scopeOf(challenge, 'team/app')
}

test('a token is asked for what the registry names', () => {
  for (const scope of [
    'repository:team/app:pull',
    'repository:team/app:metadata_read,pull',
    'repository:localhost:5000/team/app:pull',
    'repository:team/app:pull repository:team/base:pull',
    'aws',
  ])
    assert.equal(asked(scope), scope)
})

test('a token is never asked for more than reading, whatever the registry names', () => {
  assert.equal(asked('repository:team/app:pull,push'), 'repository:team/app:pull')
  assert.equal(asked('repository:team/app:pull,push,delete'), 'repository:team/app:pull')
  assert.equal(asked('repository:team/app:pull registry:catalog:*'), 'repository:team/app:pull')
  for (const nothing of [undefined, '', ' ', 'repository:other:*', 'registry:catalog:*'])
    assert.equal(asked(nothing), 'repository:team/app:pull')
})
