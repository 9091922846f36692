import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const demo = join(import.meta.dirname, '../../scripts/demo.ts')

test(
  'the demo carries a new image tag through three Stages into git',
  { timeout: 180_000 },
  async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'gantry-demo-home-'))
    t.after(() => rm(home, { recursive: true, force: true }))
    const child = spawn(process.execPath, [demo, '--exit', '--json'], {
      env: { PATH: process.env['PATH'], HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [out, err, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once('exit', resolve)),
    ])
    assert.equal(code, 0, err || out)
    const result: {
      ok: boolean
      freight: { tag: string }[]
      stages: Record<string, { commit: string; image: string }>
      elapsedMs: number
    } = JSON.parse(out)
    assert.equal(result.ok, true)
    assert.deepEqual(
      result.freight.map(({ tag }) => tag),
      ['1.2.0', '1.3.0'],
    )
    assert.deepEqual(Object.keys(result.stages), ['test', 'uat', 'prod'])
    for (const { commit, image } of Object.values(result.stages)) {
      assert.match(commit, /^[0-9a-f]{40}$/)
      assert.match(image, /\/demo\/web:1\.3\.0$/)
    }
    assert.deepEqual(await readdir(home), [], 'it leaves nothing behind')
  },
)
