import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorCodes } from '../../src/core/errors.ts'
import { adminToken } from './harness.ts'
import { startTenants } from './tenants.ts'

const guide = await readFile(join(import.meta.dirname, '../../docs/guides/api.md'), 'utf8')

test('the requests of the guide work as they are written', async () => {
  const api = await startTenants()
  const flat = guide.replaceAll('\\\n', ' ').replaceAll('$P/', '/v1beta1/projects/alpha/')
  const posts = [...flat.matchAll(/curl -X POST .* (\/v1beta1\S+)\s+-d '(.*)'/g)]
  assert.equal(posts.length, 3)
  const answers = []
  for (const [, path = '', body = ''] of posts) {
    const response = await api.as(adminToken, 'POST', path, body)
    assert.ok(response.ok, path)
    answers.push(await response.json())
  }
  const { data } = answers.at(-1) as { data: { token: string } }
  const token = Buffer.from(data.token, 'base64').toString()
  const stage = await api.as(token, 'GET', '/v1beta1/projects/alpha/stages/prod')
  assert.equal(stage.status, 200)
  const other = await api.as(token, 'GET', '/v1beta1/projects/alpha/warehouses')
  assert.equal(other.status, 403)
})

test('the guide lists every exit code', () => {
  for (const { exit } of Object.values(errorCodes))
    assert.match(guide, new RegExp(`^\\| ${exit} \\|`, 'm'))
})
