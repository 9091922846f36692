import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type GantryProcess, startGantryProcess } from './gantry-process.ts'

const path = '/v1beta1/resources'
/** Where the memory of a process can be read without a program for it. */
const isLinux = process.platform === 'linux'

async function residentMb({ pid }: GantryProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1000
}

/** How far the resident memory rose while something was done. */
async function growthMb(gantry: GantryProcess, work: () => Promise<void>): Promise<number> {
  const before = await residentMb(gantry)
  let peak = before
  let isDone = false
  const watching = (async () => {
    while (!isDone) {
      peak = Math.max(peak, await residentMb(gantry))
      await wait(10)
    }
  })()
  try {
    await work()
  } finally {
    isDone = true
    await watching
  }
  return peak - before
}

/** Sends a body of this size, of which nobody knows before how long it is, until there is an answer. */
function pour(url: string, headers: Record<string, string>, bytes: number): Promise<number> {
  const chunk = Buffer.alloc(65_536, 'a: b\n')
  return new Promise((resolve, reject) => {
    let answered = 0
    const sending = request(url, { method: 'POST', headers }, (answer) => {
      answered = answer.statusCode ?? 0
      sending.destroy()
      resolve(answered)
    })
    sending.on('error', (error) => answered === 0 && reject(error))
    let sent = 0
    const go = (): void => {
      while (answered === 0 && sent < bytes) {
        sent += chunk.length
        if (!sending.write(chunk)) return void sending.once('drain', go)
      }
      if (answered === 0) sending.end()
    }
    go()
  })
}

test(
  'S4: a manifest of a gigabyte is refused while it is sent, and takes no memory',
  { skip: !isLinux },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-huge-'))
    t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    const gantry = await startGantryProcess({ folder })
    t.after(() => gantry.kill())
    const url = `${gantry.url}${path}`
    const signedIn = { authorization: `Bearer ${gantry.token}`, 'content-type': 'text/plain' }
    await wait(1000)

    const grown = await growthMb(gantry, async () => {
      for (let time = 0; time < 5; time += 1) {
        assert.equal(await pour(url, signedIn, 1e9), 413)
        assert.equal(await pour(url, { ...signedIn, authorization: 'Bearer x' }, 1e9), 401)
      }
    })
    assert.ok(grown < 100, `${grown} MB`)

    // As much as a body may be, of what costs most for its length.
    const apply = async (body: string): Promise<number> =>
      (await fetch(url, { method: 'POST', headers: signedIn, body })).status
    const refused = await growthMb(gantry, async () => {
      for (const body of [
        `a: &a x\nb: [${'*a,'.repeat(1_000_000)}]`,
        `a: [${'1,'.repeat(2_000_000)}]`,
        `a:\n${'- 1\n'.repeat(1_000_000)}`,
        '['.repeat(4_000_000),
        `[${'{},'.repeat(1_000_000)}{}]`,
      ])
        assert.equal(await apply(body), 413, body.slice(0, 20))
    })
    assert.ok(refused < 350, `${refused} MB`)

    // What is long but within all bounds: what one thread may take, however often.
    const values = Array.from({ length: 150_000 }, (_, at) => `  key-${at}: a value of it\n`).join(
      '',
    )
    const long = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: long, namespace: demo}\ndata:\n${values}`
    const read = await growthMb(gantry, async () => {
      for (let time = 0; time < 2; time += 1) assert.equal(await apply(long), 404)
    })
    assert.ok(read < 600, `${read} MB`)
  },
)
