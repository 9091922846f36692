#!/usr/bin/env node
import { text } from 'node:stream/consumers'
import type { CliIo } from './cli/context.ts'
import { lineWriter } from './cli/printable.ts'
import { readSecret } from './cli/read-secret.ts'
import { keepCompiled } from './lib/compile-cache.ts'
import { keepYoungGenerationSmall } from './lib/small-young-generation.ts'

if (process.argv.includes('up')) keepYoungGenerationSmall(process)
keepCompiled(process.env)
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort()
  })
}

const io: CliIo = {
  env: process.env,
  signal: stopping.signal,
  out: lineWriter(process.stdout),
  err: lineWriter(process.stderr),
  stdin: () => text(process.stdin),
  readSecret: (question) => readSecret(question, process),
  now: () => Date.now(),
}

// Loaded from here on, so that it is kept compiled.
const { runCommand } = await import('./cli/program.ts')
process.exitCode = await runCommand(process.argv.slice(2), io, {
  // What only one command needs is loaded by that command.
  serve: async (...args) => (await import('./serve.ts')).serve(...args),
  catalog: async () => (await import('./catalog.ts')).pluginCatalog(),
  version: (await import('./version.ts')).version,
})
