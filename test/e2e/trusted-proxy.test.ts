import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startGantryProcess, startProcess } from './gantry-process.ts'

const password = 'the password of the admin'

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-proxy-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

test('S11: wrong passwords count for whom the proxy names when the operator trusts it', async (t) => {
  const env = { GANTRY_ADMIN_PASSWORD: password, GANTRY_TRUSTED_PROXIES: '10.0.0.0/8,127.0.0.1' }
  const gantry = await startGantryProcess({ folder: await makeFolder(t), env })
  t.after(() => gantry.kill())
  const login = async (given: string, forwardedFor: string): Promise<number> => {
    const headers = { authorization: `Bearer ${given}`, 'x-forwarded-for': forwardedFor }
    return (await fetch(`${gantry.url}/v1beta1/login`, { method: 'POST', headers })).status
  }
  for (let at = 0; at < 10; at += 1) assert.equal(await login('wrong', '192.0.2.1, 10.1.1.1'), 403)
  assert.equal(await login(password, '192.0.2.1'), 429)
  assert.equal(await login(password, '192.0.2.2'), 200)
})

test('a trusted proxy that is no address stops the start with a sentence that names the variable', async (t) => {
  const env = { GANTRY_TRUSTED_PROXIES: 'proxy.example.com' }
  const ended = await startProcess({ folder: await makeFolder(t), env })
  assert.ok('err' in ended, 'it came up')
  assert.match(ended.err, /GANTRY_TRUSTED_PROXIES has "proxy\.example\.com"/)
})
