import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { makeTempFolder } from '../../test/temp-folder.ts'
import { createPageFiles } from './page-files.ts'

async function builtPage(): Promise<string> {
  const folder = makeTempFolder('page')
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<title>page</title>')
  await writeFile(join(folder, 'assets', 'app.js'), 'export {}')
  return folder
}

const textOf = async (response: Response | undefined): Promise<string | undefined> =>
  response && gunzipSync(await response.arrayBuffer()).toString()

test('a file that was read once is kept once, however its path is spelled', async () => {
  const folder = await builtPage()
  const serve = createPageFiles(folder)
  assert.equal(await textOf(await serve('/assets/app.js', 'gzip')), 'export {}')
  await rm(join(folder, 'assets', 'app.js'))
  for (const path of ['/assets//app.js', '/assets/./app.js', '/assets/x/../app.js'])
    assert.equal(await textOf(await serve(path, 'br, gzip')), 'export {}', path)
})

test('a path that is no file is the page, an asset that is not there is nothing', async () => {
  const serve = createPageFiles(await builtPage())
  for (const path of ['/', '/projects/demo', '/../../etc/passwd', '/index.html'])
    assert.equal(await textOf(await serve(path, 'br, gzip')), '<title>page</title>', path)
  assert.equal(await serve('/assets/other.js', ''), undefined)
})

test('files are compressed for who takes that, and plain for everyone else', async () => {
  const serve = createPageFiles(await builtPage())
  for (const [encodings, encoding] of [
    ['gzip', 'gzip'],
    ['br;q=1.0, GZIP;q=0.8', 'gzip'],
    ['*', 'gzip'],
    ['', null],
    ['identity', null],
    ['br, gzip;q=0', null],
    ['gzip;q=0.0', null],
    ['x-gzipped', null],
  ] as const) {
    const response = await serve('/', encodings)
    assert.equal(response?.headers.get('content-encoding') ?? null, encoding, encodings)
    assert.equal(response?.headers.get('vary'), 'accept-encoding')
    const body = Buffer.from((await response?.arrayBuffer()) ?? [])
    const plain = encoding === null ? body : gunzipSync(body)
    assert.equal(plain.toString(), '<title>page</title>', encodings)
  }
})
