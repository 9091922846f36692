import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './source-files.ts'

interface LockedPackage {
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  /** Comes within another package, and is known by that one's content. */
  readonly inBundle?: boolean
}

// The file is npm's, and its shape is npm's: lock file version 3.
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, LockedPackage>>
}
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')

/** Reviewed: everything that runs beside Gantry's own code. What a new dependency brings along is added by hand. */
const runtime = [
  '@asteasolutions/zod-to-openapi',
  '@hono/node-server',
  '@hono/zod-openapi',
  '@hono/zod-validator',
  '@opentelemetry/api',
  '@pinojs/redact',
  'atomic-sleep',
  'bintrees',
  'commander',
  'croner',
  'hono',
  'jose',
  'on-exit-leak-free',
  'openapi3-ts',
  'pino',
  'pino-abstract-transport',
  'pino-std-serializers',
  'process-warning',
  'prom-client',
  'quick-format-unescaped',
  're2js',
  'real-require',
  'safe-stable-stringify',
  'semver',
  'sonic-boom',
  'split2',
  'tdigest',
  'thread-stream',
  'undici',
  'yaml',
  'zod',
]

test('S41: nothing runs when packages are installed, and each is known by its content', () => {
  assert.equal(lock.lockfileVersion, 3)
  const without = packages.filter(
    ([, { integrity, inBundle }]) => !inBundle && integrity?.startsWith('sha512-') !== true,
  )
  assert.deepEqual(
    without.map(([path]) => path),
    [],
  )
  const running = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true)
  assert.deepEqual(
    running.map(([path]) => path),
    [],
  )
})

test('S41: what is shipped are the reviewed packages', () => {
  const shipped = packages
    .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
  assert.deepEqual([...new Set(shipped)].sort(), runtime)
})
