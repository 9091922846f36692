// Runs every benchmark of discovery (bench/discovery-*.ts) one after the other and prints their JSON as one. A part that
// misses its limit, or fails, is told in the JSON, and the exit code is 1.
//
//   npm run bench -- discovery [--full] [--<part>.<flag>=<value>]
//
// Sizes are such that it takes a few minutes; with `--full` each part has those of its own defaults. Flags are handed on to
// the part that they name: `npm run bench -- discovery --images.subscriptions=1000`.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'

const sizes: Readonly<Record<string, readonly string[]>> = {
  git: [
    '--warehouses=1,57',
    '--projects=20',
    '--commits=2000',
    '--memory=100',
    '--files=2000',
    '--megabytes=50',
  ],
  noisy: ['--noisy=100', '--quiet=20', '--rounds=4'],
}

const given = process.argv.slice(2)
const isFull = given.includes('--full')
const parts = globSync('discovery-*.ts', { cwd: import.meta.dirname }).sort()
const results: Record<string, unknown> = {}
let ok = true
for (const part of parts) {
  const name = basename(part, '.ts').slice('discovery-'.length)
  const prefix = `--${name}.`
  const own = given
    .filter((arg) => arg.startsWith(prefix))
    .map((arg) => `--${arg.slice(prefix.length)}`)
  const args = [...(isFull ? [] : (sizes[name] ?? [])), ...own]
  const run = spawnSync(process.execPath, [join(import.meta.dirname, part), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  ok &&= run.status === 0
  results[name] = jsonOf(run.stdout) ?? { ok: false, exitCode: run.status, signal: run.signal }
}
process.stdout.write(
  `${JSON.stringify({ benchmark: 'discovery', ok, ...results }, undefined, 2)}\n`,
)
if (!ok) process.exitCode = 1

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
