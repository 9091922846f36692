import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { hasCode } from '../core/errors.ts'
import { createFakeClock } from '../../test/fake-clock.ts'
import { createExec } from './exec.ts'
import { endOrphans } from './orphans.ts'
import { systemClock } from './system-clock.ts'

const clock = systemClock
const node = process.execPath

async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Whether the process still runs; one that ended and was not reaped does not. */
function isAlive(pid: number): boolean {
  const state = existsSync('/proc/self/stat')
    ? (/\) (\w)/u.exec(statOf(pid))?.[1] ?? '')
    : spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return state !== '' && !state.startsWith('Z')
}

function statOf(pid: number): string {
  return existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
}

/** A script that starts a grandchild, tells its pid and then waits. */
const family = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'])
  console.log(child.pid)
  setInterval(() => {}, 1000)
`

async function grandchildOf(folder: string): Promise<number> {
  for (let tries = 0; tries < 6000; tries++) {
    const text = await readFile(join(folder, 'pid'), 'utf8').catch(() => '')
    if (text.trim() !== '') return Number(text)
    await wait(10)
  }
  throw new Error('the grandchild never came up')
}

const familyInto = (folder: string): string =>
  family.replace('console.log(child.pid)', `fs.writeFileSync('${folder}/pid', '' + child.pid)`)

test('arguments reach the child as they are, without a shell', async () => {
  const exec = createExec({ clock })
  const odd = ['$(id)', '; ls', '`x`', 'a b', '*', '\n', '--', '-e']
  const script = 'console.log(JSON.stringify(process.argv.slice(1)))'
  const { stdout } = await exec.run({ command: node, args: ['-e', script, '--', ...odd] })
  assert.deepEqual(JSON.parse(stdout), odd)
})

test('a child sees a scrubbed environment', async () => {
  process.env['GANTRY_TEST_SECRET'] = 'hidden'
  const exec = createExec({ clock, environment: { HTTPS_PROXY: 'http://proxy' } })
  const { stdout } = await exec.run({
    command: node,
    args: ['-e', 'console.log(JSON.stringify(process.env))'],
    env: { EXTRA: '1' },
  })
  delete process.env['GANTRY_TEST_SECRET']
  const seen: unknown = JSON.parse(stdout)
  assert.deepEqual(Object.keys(Object(seen)).sort(), [
    'EXTRA',
    'HOME',
    'HTTPS_PROXY',
    'LC_ALL',
    'PATH',
  ])
})

test('an exit code is an answer, a missing program is Unavailable', async () => {
  const exec = createExec({ clock })
  const result = await exec.run({
    command: node,
    args: ['-e', 'process.stdin.pipe(process.stderr); process.exitCode = 3'],
    input: 'from stdin',
  })
  assert.deepEqual(result, { exitCode: 3, stdout: '', stderr: 'from stdin' })
  await assert.rejects(exec.run({ command: 'no-such-program-here', args: [] }), (error) =>
    hasCode(error, 'Unavailable'),
  )
})

test('S15: secrets in what a child complains about are masked', async () => {
  const exec = createExec({ clock, redact: (text) => text.replaceAll('s3cr3t-token', '******') })
  const result = await exec.run({
    command: node,
    args: ['-e', 'console.error("denied for s3cr3t-token"); process.exit(1)'],
  })
  assert.equal(result.stderr, 'denied for ******\n')
})

test('S15: a secret is masked also where a long complaint is cut', async () => {
  const exec = createExec({ clock, redact: (text) => text.replaceAll('s3cr3t-token', '******') })
  const result = await exec.run({
    command: node,
    args: ['-e', 'console.error("s3cr3t-token" + "x".repeat(65536 - 8))'],
  })
  assert.doesNotMatch(result.stderr, /t-token/)
  assert.ok(result.stderr.length > 60_000)
})

test('output without end is TooLarge and ends the child', async () => {
  const exec = createExec({ clock })
  await assert.rejects(
    exec.run({
      command: node,
      args: ['-e', 'for (;;) require("node:fs").writeSync(1, "x".repeat(65536))'],
      maxOutputBytes: 1_000_000,
    }),
    (error) => hasCode(error, 'TooLarge'),
  )
})

test('a timeout ends the whole group', async (t) => {
  const folder = await tempFolder(t)
  const fakeClock = createFakeClock()
  const exec = createExec({ clock: fakeClock })
  const args = ['-e', familyInto(folder)]
  const running = exec.run({ command: node, args, timeoutMs: 60_000 })
  running.catch(() => undefined)
  const grandchild = await grandchildOf(folder)
  await fakeClock.advance(60_000)
  await assert.rejects(running, (error) => hasCode(error, 'Timeout'))
  await wait(50)
  assert.equal(isAlive(grandchild), false)
})

test('an abort ends the whole group and is Canceled', async (t) => {
  const folder = await tempFolder(t)
  const registry = join(folder, 'children')
  const exec = createExec({ clock, registry })
  const controller = new AbortController()
  const running = exec.run({
    command: node,
    args: ['-e', familyInto(folder)],
    signal: controller.signal,
  })
  running.catch(() => undefined)
  const grandchild = await grandchildOf(folder)
  assert.equal((await readdir(registry)).length, 1)
  controller.abort()
  await assert.rejects(running, (error) => hasCode(error, 'Canceled'))
  await wait(50)
  assert.equal(isAlive(grandchild), false)
  assert.deepEqual(await readdir(registry), [])
  await assert.rejects(
    exec.run({ command: node, args: ['-e', ''], signal: controller.signal }),
    (error) => hasCode(error, 'Canceled'),
  )
})

test('the orphans of a killed process are ended, and strangers with their pids are not', async (t) => {
  const folder = await tempFolder(t)
  const registry = join(folder, 'children')
  const script = `
    import { createExec } from ${JSON.stringify(new URL('exec.ts', import.meta.url).href)}
    import { systemClock } from ${JSON.stringify(new URL('system-clock.ts', import.meta.url).href)}
    const exec = createExec({ clock: systemClock, registry: ${JSON.stringify(registry)} })
    await exec.run({ command: process.execPath, args: ['-e', ${JSON.stringify(familyInto(folder))}] })
  `
  const parent = spawn(node, ['--input-type=module', '-e', script], { stdio: 'ignore' })
  const grandchild = await grandchildOf(folder)
  parent.kill('SIGKILL')
  await wait(50)
  assert.equal(isAlive(grandchild), true)

  const stranger = spawn(node, ['-e', 'setInterval(() => {}, 1e3)'], { detached: true })
  t.after(() => stranger.kill('SIGKILL'))
  const forged = join(registry, `${stranger.pid}.json`)
  await writeFile(forged, JSON.stringify({ pid: stranger.pid, started: 'another-boot/1' }))
  await writeFile(join(registry, 'torn.json'), '{"pid":')

  assert.equal(await endOrphans(registry), 1)
  await wait(50)
  assert.equal(isAlive(grandchild), false)
  assert.equal(isAlive(stranger.pid ?? 0), true)
  assert.deepEqual(await readdir(registry), [])
})
