// Runs every benchmark of discovery (bench/discovery-*.ts) one after the other and prints their JSON as one.
// Flags are handed on to each as `--<name>.<flag>`: `npm run bench -- discovery --images.subscriptions=1000`.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'

const parts = globSync('discovery-*.ts', { cwd: import.meta.dirname }).sort()
const results: Record<string, unknown> = {}
for (const part of parts) {
  const name = basename(part, '.ts').slice('discovery-'.length)
  const prefix = `--${name}.`
  const args = process.argv
    .slice(2)
    .filter((arg) => arg.startsWith(prefix))
    .map((arg) => `--${arg.slice(prefix.length)}`)
  const run = spawnSync(process.execPath, [join(import.meta.dirname, part), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (run.status !== 0) process.exit(run.status ?? 1)
  results[name] = JSON.parse(run.stdout)
}
process.stdout.write(`${JSON.stringify({ benchmark: 'discovery', ...results }, undefined, 2)}\n`)
