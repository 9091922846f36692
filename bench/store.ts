// The SQLite store under the product's own kinds and admission: writes, each durable, against a bare append + fdatasync
// of as many bytes in the same run; reads; reads over HTTP while writes run; and a large journal.
//
// Asked is half as many creates a second as the bare loop has appends, from a few writers: `halfFrom` is how many it
// takes. A lone writer's figure stands beside it: why it is lower on a fast disk is in docs/decisions/0006.
//
//   npm run bench -- store [--objects 10000] [--records 1000000]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ProjectKind } from '../src/core/kinds/project.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { sources, steps } from '../src/plugins.gen.ts'
import { createAdmission } from '../src/runtime/admission/index.ts'
import { createAuthorizer } from '../src/runtime/authorizer.ts'
import { openHome } from '../src/serve/home.ts'
import { measureApi } from './store/api.ts'
import { measureJournal } from './store/journal.ts'
import { measureReads } from './store/reads.ts'
import { project, write } from './store/samples.ts'
import { measureWrites } from './store/writes.ts'

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '10000' },
    records: { type: 'string', default: '1000000' },
  },
})
const objects = Number(values.objects)
const wantedRatio = 0.5
const fewWriters = 4

const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-store-'))
const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config'), GANTRY_LOG_LEVEL: 'error' }
const admission = createAdmission({
  clock: systemClock,
  random: (count) => crypto.getRandomValues(new Uint8Array(count)),
  sources: new Map(sources.map((source) => [source.kind, source])),
  stepKinds: new Set(steps.map(({ kind }) => kind)),
  authorizer: createAuthorizer({ globalNamespaces: [] }),
})
try {
  const parts = new AsyncDisposableStack()
  const options = { store: 'sqlite', env, clock: systemClock, admission } as const
  const home = await openHome(parts, { ...options, data: join(folder, 'data') })
  await home.store.create(ProjectKind, project(), write)
  const writes = await measureWrites(home.store, folder, objects)
  const reads = await measureReads(home.store, objects)
  const journal = await measureJournal(home.journal, Number(values.records))
  await parts.disposeAsync()
  const api = await measureApi(join(folder, 'api'), env)
  const half = Object.entries(writes.creates).find(([, { ratio }]) => ratio >= wantedRatio)
  const halfFrom = half === undefined ? undefined : Number(half[0])
  const ok = halfFrom !== undefined && halfFrom <= fewWriters
  const asked = { wantedRatio, fewWriters, halfFrom }
  const result = { name: 'store', objects, ...writes, ...asked, ...reads, api, journal, ok }
  console.log(JSON.stringify(result))
  process.exitCode = ok ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
