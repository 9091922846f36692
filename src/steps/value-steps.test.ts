import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { text } from 'node:stream/consumers'
import { makeStepBench, type StepBench } from '../../test/step-bench.ts'
import { hasCode, type ErrorCode } from '../core/errors.ts'
import type { StepResult } from '../step.ts'
import http from './http.ts'
import kustomizeSetImage from './kustomize-set-image.ts'
import yamlParse from './yaml-parse.ts'
import yamlUpdate from './yaml-update.ts'

const fails = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

async function set(t: TestContext, files: Record<string, string> = {}): Promise<StepBench> {
  const bench = await makeStepBench(t)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(bench.root, path, '..'), { recursive: true })
    await writeFile(join(bench.root, path), content)
  }
  return bench
}

test('yaml-update sets values and says so as Kargo does', async (t) => {
  const bench = await set(t, { 'v.yaml': 'image:\n  tag: v1 # keep\n  count: 1\n  port: "80"\n' })
  const updates = [
    { key: 'image.tag', value: 'v2' },
    { key: 'image.count', value: 1_500_000 },
    { key: 'image.port', value: '8080' },
  ]
  const { status, output } = await bench.run(yamlUpdate, { path: './v.yaml', updates })
  assert.equal(status, 'Succeeded')
  assert.equal(
    output?.['commitMessage'],
    'Updated ./v.yaml\n\n- image.tag: v2\n- image.count: 1500000\n- image.port: "8080"',
  )
  assert.equal(
    await readFile(join(bench.root, 'v.yaml'), 'utf8'),
    'image:\n  tag: v2 # keep\n  count: 1500000\n  port: "8080"\n',
  )
})

test('yaml-update fails with a reason and leaves the file as it was', async (t) => {
  const bench = await set(t, { 'v.yaml': 'a: [1]\nb: {}\n', 'w.yaml': '{{ template }}' })
  const update = (path: string, key: string, value: unknown = 1): Promise<StepResult> =>
    bench.run(yamlUpdate, {
      path,
      updates: [
        { key: 'a.0', value: 5 },
        { key, value },
      ],
    })
  await assert.rejects(update('v.yaml', 'none'), fails('Invalid'))
  await assert.rejects(update('v.yaml', 'b'), fails('Invalid'))
  await assert.rejects(update('v.yaml', 'a.0', { map: 1 }), fails('Invalid'))
  await assert.rejects(update('none.yaml', 'a'), fails('NotFound'))
  await assert.rejects(update('w.yaml', 'a'), fails('Invalid'))
  const outOfRange = await update('v.yaml', 'a.3')
  assert.deepEqual([outOfRange.status, outOfRange.terminal], ['Errored', true])
  assert.equal(await readFile(join(bench.root, 'v.yaml'), 'utf8'), 'a: [1]\nb: {}\n')
})

test('yaml-parse reads the first document as Kubernetes would', async (t) => {
  const source = [
    'version: 1.2.3',
    'amount: 3',
    'mode: 010',
    'on: yes',
    'day: 2024-01-02',
    'a-b: {c: [x, z]}',
    'base: &base {k: v}',
    'merged: {<<: *base, l: w}',
    '1: one',
    '---',
    'version: other',
  ].join('\n')
  const bench = await set(t, { 'f.yaml': source, 'list.yaml': '[1, 2]', 'empty.yaml': '# only\n' })
  const read = async (path: string, ...expressions: string[]): Promise<unknown[]> => {
    const outputs = expressions.map((fromExpression, at) => ({ name: `o${at}`, fromExpression }))
    const { output } = await bench.run(yamlParse, { path, outputs })
    return Object.values(output ?? {})
  }
  assert.deepEqual(
    await read(
      'f.yaml',
      'version',
      'amount + 1',
      'mode',
      'day',
      '$env["a-b"].c[1]',
      'merged',
      'absent',
    ),
    ['1.2.3', 4, 8, '2024-01-02', 'z', { k: 'v', l: 'w' }, null],
  )
  assert.deepEqual(await read('f.yaml', '$env["1"]', 'len(version)'), ['one', 5])
  assert.deepEqual(await read('list.yaml', '$env[1]', 'len($env)'), [2, 2])
  for (const [path, expression] of [
    ['f.yaml', 'amount +'],
    ['f.yaml', 'amount + version'],
    ['empty.yaml', 'a'],
    ['none.yaml', 'a'],
  ] as const) {
    await assert.rejects(read(path, expression), (error) => hasCode(error, 'Invalid', 'NotFound'))
  }
})

test('S4, S34: alias bombs and odd keys do no harm', async (t) => {
  const lines = ['a0: &a0 [x, x]']
  for (let level = 1; level < 40; level += 1) {
    lines.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`)
  }
  const bench = await set(t, {
    'bomb.yaml': lines.join('\n'),
    'odd.yaml': '__proto__: {polluted: yes}\nconstructor: {prototype: {x: 1}}\n',
  })
  const started = performance.now()
  const outputs = [{ name: 'o', fromExpression: 'a0' }]
  await assert.rejects(bench.run(yamlParse, { path: 'bomb.yaml', outputs }), fails('Invalid'))
  assert.ok(performance.now() - started < 3000)
  await bench.run(yamlParse, {
    path: 'odd.yaml',
    outputs: [{ name: '__proto__', fromExpression: '1' }],
  })
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

test('kustomize-set-image sets what it is told', async (t) => {
  const bench = await set(t, { 'o/kustomization.yaml': 'images:\n- name: b\n  newTag: "1"\n' })
  const images = [
    { image: 'r/app', name: 'app', newName: 'r/app', tag: 'v2' },
    { image: 'c', digest: 'sha256:1', tag: '' },
  ]
  const { output } = await bench.run(kustomizeSetImage, { path: './o', images })
  assert.equal(
    await readFile(join(bench.root, 'o/kustomization.yaml'), 'utf8'),
    'images:\n- name: app\n  newName: r/app\n  newTag: v2\n- name: b\n  newTag: "1"\n- name: c\n  digest: sha256:1\n',
  )
  assert.equal(
    output?.['commitMessage'],
    'Updated ./o to use new images\n\n- b:1\n- c@sha256:1\n- r/app:v2',
  )
})

test('kustomize-set-image takes the images of the Freight when it is told nothing', async (t) => {
  const bench = await set(t, { 'o/Kustomization': '' })
  const image = { repoURL: 'r/app', tag: 'v1', digest: 'sha256:1', origin: 'w' }
  const { output } = await bench.run(
    kustomizeSetImage,
    { path: 'o', images: [] },
    { images: [image, { repoURL: 'r/b', tag: 'v2', origin: 'x' }] },
  )
  assert.equal(
    await readFile(join(bench.root, 'o/Kustomization'), 'utf8'),
    'images:\n- name: r/app\n  newTag: v1\n  digest: sha256:1\n- name: r/b\n  newTag: v2\n',
  )
  assert.match(JSON.stringify(output), /- r\/app:v1@sha256:1/u)
  const twice = { images: [image, { ...image, origin: 'other' }] }
  await assert.rejects(bench.run(kustomizeSetImage, { path: 'o' }, twice), fails('Invalid'))
  await assert.rejects(bench.run(kustomizeSetImage, { path: 'o' }), fails('Invalid'))
})

test('kustomize-set-image wants exactly one kustomization file', async (t) => {
  const bench = await set(t, { 'two/kustomization.yaml': '', 'two/kustomization.yml': '' })
  const run = (path: string): Promise<StepResult> =>
    bench.run(kustomizeSetImage, { path, images: [{ image: 'a', tag: 'v1' }] })
  await assert.rejects(run('two'), fails('Invalid'))
  await assert.rejects(run('none'), fails('NotFound'))
})

test('a file that is no UTF-8 is an error, and stays as it was', async (t) => {
  const bench = await set(t)
  const latin = Buffer.from('images: []\na: 1\nname: Andr\u00e9\n', 'latin1')
  for (const name of ['v.yaml', 'kustomization.yaml'])
    await writeFile(join(bench.root, name), latin)
  const updates = [{ key: 'a', value: 2 }]
  await assert.rejects(bench.run(yamlUpdate, { path: 'v.yaml', updates }), fails('Invalid'))
  const outputs = [{ name: 'a', fromExpression: 'a' }]
  await assert.rejects(bench.run(yamlParse, { path: 'v.yaml', outputs }), fails('Invalid'))
  const images = [{ image: 'app', tag: 'v1' }]
  await assert.rejects(bench.run(kustomizeSetImage, { path: '.', images }), fails('Invalid'))
  for (const name of ['v.yaml', 'kustomization.yaml'])
    assert.deepEqual(await readFile(join(bench.root, name)), latin)
})

test('S4: long runs of one character in a config are read at once', async (t) => {
  const bench = await set(t, { 'v.yaml': 'a: text\n' })
  const start = performance.now()
  await assert.rejects(bench.run(kustomizeSetImage, { path: `a${'/'.repeat(100_000)}b` }))
  const value = `${'1'.repeat(100_000)}x`
  await bench.run(yamlUpdate, { path: 'v.yaml', updates: [{ key: 'a', value }] })
  assert.equal(await readFile(join(bench.root, 'v.yaml'), 'utf8'), `a: ${value}\n`)
  assert.throws(() => http.parse({ url: 'https://example.com', timeout: '1'.repeat(100_000) }))
  assert.ok(performance.now() - start < 5000)
})

test('S29: a kustomization file that is a link leading outside is not touched', async (t) => {
  const bench = await set(t)
  const prey = join(bench.folder, 'kustomization.yaml')
  await writeFile(prey, 'images: []\n')
  await mkdir(join(bench.root, 'o'))
  await symlink(prey, join(bench.root, 'o/kustomization.yaml'))
  await symlink(bench.folder, join(bench.root, 'folder'))
  for (const path of ['o', 'folder', 'o/../folder']) {
    const config = { path, images: [{ image: 'a', tag: 'v1' }] }
    await assert.rejects(bench.run(kustomizeSetImage, config), fails('Invalid'), path)
  }
  await assert.rejects(
    bench.run(kustomizeSetImage, {
      path: `../../../..${bench.folder}`,
      images: [{ image: 'a', tag: 'v1' }],
    }),
    fails('NotFound'),
  )
  assert.equal(await readFile(prey, 'utf8'), 'images: []\n')
  assert.ok((await readdir(bench.folder)).includes('kustomization.yaml'))
})

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function serve(
  t: TestContext,
  answer: RequestListener = (_, response) => response.end(),
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, seen }
}

const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }

test('http sends what it is told', async (t) => {
  const { url, seen } = await serve(t)
  const bench = await set(t, { 'body.json': '{"a":1}' })
  await bench.run(http, {
    url: `${url}/p?z=1&a=x y`,
    method: 'POST',
    headers: [
      { name: 'X-One', value: '1' },
      { name: 'x-one', value: '2' },
    ],
    queryParams: [
      { name: 'm', value: 'a b&c*~' },
      { name: 'a', value: '2' },
    ],
    bodyFromFile: 'body.json',
  })
  await bench.run(http, { url })
  assert.equal(seen[0]?.method, 'POST')
  assert.equal(seen[0].url, '/p?a=x+y&a=2&m=a+b%26c%2A~&z=1')
  assert.equal(seen[0].headers['x-one'], '1, 2')
  assert.equal(seen[0].body, '{"a":1}')
  assert.match(String(seen[0].headers['idempotency-key']), /^f00dfeed/u)
  assert.deepEqual([seen[1]?.method, seen[1]?.headers['idempotency-key']], ['GET', undefined])
})

test('S26: headers that would have another host answer, or frame the request anew, are not sent', async (t) => {
  const { url, seen } = await serve(t)
  const bench = await set(t)
  const headers = ['Host', 'host', 'Content-Length', 'Transfer-Encoding', 'Trailer'].map(
    (name) => ({
      name,
      value: name === 'Content-Length' ? '1' : 'chunked',
    }),
  )
  const kept = { name: 'x-kept', value: 'yes' }
  const config = { url, method: 'POST', body: 'whole', headers: [...headers, kept] }
  assert.equal((await bench.run(http, config)).status, 'Succeeded')
  const [request] = seen
  assert.equal(`http://${request?.headers.host}`, url)
  assert.deepEqual([request?.body, request?.headers['x-kept']], ['whole', 'yes'])
  assert.deepEqual(
    [request?.headers['transfer-encoding'], request?.headers.trailer],
    [undefined, undefined],
  )
})

test('http judges the answer by its expressions', async (t) => {
  const { url } = await serve(t, json(202, { state: 'x', n: 1, list: [1, 2] }))
  const bench = await set(t)
  const run = (config: object): Promise<StepResult> => bench.run(http, { url, ...config })
  const success = await run({
    successExpression: 'response.status == 202 && response.body.state == "x"',
    outputs: [
      { name: 'n', fromExpression: 'response.body.n' },
      { name: 'status', fromExpression: 'response.status' },
      { name: 'type', fromExpression: 'response.header("content-TYPE")' },
      { name: 'none', fromExpression: 'response.header("x")' },
      { name: 'count', fromExpression: 'len(response.body.list)' },
      { name: 'headers', fromExpression: 'response.headers["Content-Type"]' },
    ],
  })
  assert.deepEqual(success, {
    status: 'Succeeded',
    output: {
      n: 1,
      status: 202,
      type: 'application/json; charset=utf-8',
      none: '',
      count: 2,
      headers: ['application/json; charset=utf-8'],
    },
  })
  const failed = await run({
    failureExpression: 'response.body.n == 1',
    successExpression: 'true',
    errorExpression: '"state is " + response.body.state',
  })
  assert.deepEqual(failed, {
    status: 'Failed',
    terminal: true,
    message: 'HTTP (202) response met failure criteria: "state is x"',
  })
  const quiet = await run({ failureExpression: 'true', errorExpression: 'response.none.deeper' })
  assert.equal(quiet.message, 'HTTP (202) response met failure criteria')
  const waiting = await run({ successExpression: 'false', pollInterval: '1m30s' })
  assert.deepEqual([waiting.status, waiting.retryAfterMs], ['Running', 90_000])
  assert.equal((await run({ failureExpression: 'false' })).status, 'Running')
  assert.equal((await run({})).status, 'Succeeded')
  await assert.rejects(run({ successExpression: '"text"' }), fails('Invalid'))
  await assert.rejects(run({ successExpression: 'response.none.deeper' }), fails('Invalid'))
})

test('http with neither expression asks again until the answer is 2xx', async (t) => {
  let status = 500
  const { url } = await serve(t, (_, response) => {
    response.writeHead(status).end()
  })
  const bench = await set(t)
  assert.deepEqual(await bench.run(http, { url }), { status: 'Failed' })
  status = 204
  assert.equal((await bench.run(http, { url })).status, 'Succeeded')
})

test('http reads bodies by their type', async (t) => {
  let answer: [type: string, body: string] = ['', '']
  const { url } = await serve(t, (_, response) => {
    response.writeHead(200, answer[0] === '' ? {} : { 'content-type': answer[0] })
    response.end(answer[1])
  })
  const bench = await set(t)
  const read = async (type: string, body: string, more: object = {}): Promise<unknown> => {
    answer = [type, body]
    const outputs = [{ name: 'b', fromExpression: 'response.body' }]
    return (await bench.run(http, { url, outputs, ...more })).output?.['b']
  }
  assert.deepEqual(await read('application/json', '[1]'), [1])
  assert.deepEqual(await read('application/yaml', 'a: 1'), { a: 1 })
  assert.equal(await read('text/plain; charset=utf-8', '{"a":1}'), '{"a":1}')
  assert.deepEqual(await read('application/vnd.x+json', '{"a":1}'), { a: 1 })
  assert.deepEqual(await read('text/html', '<p>'), {})
  assert.deepEqual(await read('application/json', ''), {})
  assert.deepEqual(await read('text/html', 'a: 1', { responseContentType: 'application/yaml' }), {
    a: 1,
  })
  await assert.rejects(read('application/json', '<p>'), fails('Invalid'))
  await assert.rejects(read('text/plain', 'x'.repeat(2 * 1024 * 1024 + 1)), fails('TooLarge'))
})

test('http never sends what cannot work', async (t) => {
  const { url, seen } = await serve(t)
  const bench = await set(t)
  for (const config of [
    { successExpression: 'response.' },
    { outputs: [{ name: 'a', fromExpression: '(' }] },
    { url: 'no url' },
    { url: 'ftp://x/' },
    { headers: [{ name: 'a b', value: 'c' }] },
    { headers: [{ name: 'a', value: 'b\r\nc: d' }] },
  ]) {
    const result = await bench.run(http, { url, ...config })
    assert.deepEqual([result.status, result.terminal], ['Errored', true], JSON.stringify(config))
  }
  await assert.rejects(bench.run(http, { url, timeout: 'abc10sxyz' }), fails('Invalid'))
  await assert.rejects(bench.run(http, { url: 'http://169.254.169.254/' }), fails('Forbidden'))
  assert.equal(seen.length, 0)
})

test('a call that was cut off is never sent again by itself', async (t) => {
  const { url, seen } = await serve(t, (_, response) => response.destroy())
  const bench = await set(t)
  const post = { url, method: 'POST' }
  assert.deepEqual(await bench.find(http, post), { state: 'absent' })
  const result = await bench.run(http, post)
  assert.deepEqual([result.status, result.terminal], ['Errored', true])
  assert.match(result.message ?? '', /outcome unknown/u)
  assert.equal((await bench.find(http, post)).state, 'unknown')
  assert.equal(seen.length, 1)

  await assert.rejects(bench.run(http, { url }, { alias: 'get' }), fails('Unreachable'))
  assert.deepEqual(await bench.find(http, { url }, { alias: 'get' }), { state: 'absent' })
  const nowhere = { url: 'http://127.0.0.1:1/', method: 'PUT' }
  await assert.rejects(bench.run(http, nowhere, { alias: 'put' }), fails('Unreachable'))
  assert.deepEqual(await bench.find(http, nowhere, { alias: 'put' }), { state: 'absent' })
})

test('an answer that was not recorded yet is found, and each new question has its own key', async (t) => {
  const { url, seen } = await serve(t, json(200, { id: 7 }))
  const bench = await set(t)
  const config = {
    url,
    method: 'POST',
    successExpression: 'response.body.id == 8',
    outputs: [{ name: 'id', fromExpression: 'response.body.id' }],
  }
  const waiting = await bench.run(http, config)
  assert.deepEqual(await bench.find(http, config), { state: 'found', result: waiting })
  const done = { ...config, successExpression: 'true' }
  const result = await bench.run(http, done)
  assert.deepEqual(result, { status: 'Succeeded', output: { id: 7 } })
  assert.deepEqual(await bench.find(http, done), { state: 'found', result })
  const keys = seen.map(({ headers }) => headers['idempotency-key'])
  assert.equal(new Set(keys).size, 2)
})

test('the call is noted before it is sent', async (t) => {
  const bench = await set(t)
  const order: string[] = []
  const { url } = await serve(t, (_, response) => {
    order.push(JSON.stringify(bench.handles.get('step-1')))
    response.end()
  })
  await bench.run(http, { url, method: 'DELETE' })
  assert.deepEqual(order, ['{"state":"sending","round":0}'])
  assert.equal(bench.handles.get('step-1')?.['state'], 'answered')
})

test('configs are judged as Kargo judges them', () => {
  const url = 'http://x'
  const verdicts: readonly (readonly [typeof http, unknown, boolean])[] = [
    [http, { url, method: 'get' }, false],
    [http, { url, timeout: '10' }, false],
    [http, { url, timeout: '1.5h' }, true],
    [http, { url, timeout: 'abc10sxyz' }, true],
    [http, { url, headers: [{ name: 'a', value: '' }] }, false],
    [http, { url, body: {} }, false],
    [http, { url, body: 'b', bodyFromFile: 'f' }, false],
    [http, { url, body: '', bodyFromFile: 'f' }, true],
    [http, { url, outputs: [] }, true],
    [http, { url, proxy: 'socks5://x' }, false],
    [http, {}, false],
    [kustomizeSetImage, { path: 'p', images: [] }, true],
    [kustomizeSetImage, { path: 'p' }, true],
    [kustomizeSetImage, { path: 'p', images: [{ image: 'a' }] }, false],
    [kustomizeSetImage, { path: 'p', images: [{ image: 'a', tag: 't', digest: 'd' }] }, false],
    [kustomizeSetImage, { path: 'p', images: [{ image: 'a', tag: 1 }] }, false],
    [kustomizeSetImage, { path: 'p', images: [{ image: 'a', tag: '', digest: 'd' }] }, true],
    [yamlUpdate, { path: 'p', updates: [] }, false],
    [yamlUpdate, { path: 'p', updates: [{ key: 'k' }] }, false],
    [yamlUpdate, { path: 'p', updates: [{ key: 'k', value: null }] }, true],
    [yamlUpdate, { path: 'p', updates: [{ key: 'k', value: { a: 1 } }] }, true],
    [yamlParse, { path: 'p', outputs: [] }, false],
  ]
  for (const [step, config, isValid] of verdicts) {
    const judge = (): unknown => step.parse(config)
    if (isValid) judge()
    else assert.throws(judge, fails('Invalid'), `${step.kind} ${JSON.stringify(config)}`)
  }
})
