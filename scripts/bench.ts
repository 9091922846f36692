/** Runs one benchmark: `npm run bench -- NAME [ARGS...]` is `bench/NAME.ts` with the arguments that follow. */
import { readdir } from 'node:fs/promises'

const folder = new URL('../bench/', import.meta.url)
const names = (await readdir(folder)).flatMap((file) =>
  file.endsWith('.ts') ? [file.slice(0, -3)] : [],
)
const [name, ...rest] = process.argv.slice(2)

if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- NAME [ARGS...]\nbenchmarks: ${names.join(', ')}\n`)
  process.exitCode = 2
} else {
  const file = new URL(`${name}.ts`, folder)
  // A benchmark reads its arguments as if it had been started by itself.
  process.argv = [process.argv[0] ?? 'node', file.pathname, ...rest]
  await import(file.href)
}
