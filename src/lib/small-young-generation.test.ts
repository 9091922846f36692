import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { keepYoungGenerationSmall } from './small-young-generation.ts'

const file = pathToFileURL(join(import.meta.dirname, 'small-young-generation.ts')).href
const program = `
  const { keepYoungGenerationSmall } = await import(${JSON.stringify(file)})
  console.log('before', process.pid)
  keepYoungGenerationSmall(process)
  console.log('after', process.pid, ...process.execArgv.filter((each) => each.startsWith('--max')), process.env.KEPT)`

function run(nodeOptions: readonly string[], env: NodeJS.ProcessEnv = {}): readonly string[] {
  const args = [...nodeOptions, '--input-type=module', '--eval', program]
  const { stdout, stderr, status, pid } = spawnSync(process.execPath, args, {
    env: { PATH: process.env['PATH'], KEPT: 'kept', ...env },
    encoding: 'utf8',
  })
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 })
  return stdout.replaceAll(String(pid), 'pid').trim().split('\n')
}

test('the process is replaced once, in place, with its arguments and environment', () => {
  assert.deepEqual(run([]), ['before pid', 'before pid', 'after pid --max-semi-space-size=8 kept'])
})

test('a size that somebody chose is left alone', () => {
  const started = ['before pid', 'after pid --max_semi_space_size=32 kept']
  assert.deepEqual(run(['--max_semi_space_size=32']), started)
  assert.deepEqual(run([], { NODE_OPTIONS: '--max-semi-space-size=32' }), [
    'before pid',
    'after pid kept',
  ])
})

test('a process whose program is gone, or that the system cannot replace, goes on as it is', () => {
  const { argv, argv0, env: _env, execPath } = process
  const execve = (): never => {
    throw new Error('was replaced')
  }
  const base = { argv, argv0, env: {}, execArgv: [] }
  assert.throws(() => keepYoungGenerationSmall({ ...base, execPath, execve }), /was replaced/)
  keepYoungGenerationSmall({ ...base, execPath: `${execPath} (deleted)`, execve })
  keepYoungGenerationSmall({ ...base, execPath })
})
