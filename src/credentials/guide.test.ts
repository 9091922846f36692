import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { parseManifest } from '../core/kinds/parse.ts'
import { Secret } from '../core/kinds/secret.ts'
import type { CredentialProvider } from '../credential.ts'

const guide = join(import.meta.dirname, '../../docs/guides/credentials.md')

test('the guide shows every kind of Secret, with keys that its schema takes', async () => {
  const names = (await readdir(import.meta.dirname)).filter((name) => !name.endsWith('.test.ts'))
  const providers: CredentialProvider[] = []
  for (const name of names) {
    const { default: provider }: { default: CredentialProvider } = await import(`./${name}`)
    providers.push(provider)
  }
  const text = await readFile(guide, 'utf8')
  const shown = new Set<string>()
  for (const [, yaml = ''] of text.matchAll(/^```yaml\n(.*?)^```$/gmsu)) {
    const manifest: unknown = parse(yaml)
    assert.ok(typeof manifest === 'object' && manifest !== null)
    assert.deepEqual(parseManifest(manifest, { strict: true }).warnings, [])
    const { stringData = {}, metadata } = Secret.parse(manifest)
    const type = String(metadata.labels?.['kargo.akuity.io/cred-type'])
    const fits = providers.filter(
      (each) =>
        each.from === 'secret' &&
        each.types.some((one) => one === type) &&
        each.keys.safeParse(stringData).success,
    )
    assert.equal(fits.length, 1, yaml)
    for (const { kind } of fits) shown.add(kind)
  }
  const kinds = providers.filter(({ from }) => from === 'secret').map(({ kind }) => kind)
  assert.deepEqual([...shown].sort(), kinds.sort())
})
