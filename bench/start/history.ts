import { toTimestamp } from '../../src/core/clock.ts'
import { kindKey, type KubeObject } from '../../src/core/kinds/kind.ts'
import type { Row } from '../../src/lib/object-table/tables.ts'
import { systemClock } from '../../src/lib/system-clock.ts'
import { openDatabase } from '../../src/lib/sqlite/database.ts'

const group = 'kargo.akuity.io'
const stagesPerProject = 100
const born = Date.parse('2026-01-01T00:00:00Z')
const batch = 2000

/** Writes an installation with a past straight into a new database: Projects of 100 Stages, with ended Promotions. */
export async function writeHistory(
  path: string,
  stages: number,
  promotions: number,
): Promise<void> {
  const database = await openDatabase({ path, clock: systemClock })
  let rows: Row[] = []
  let seq = 0
  const flush = async (): Promise<void> => {
    await database.commit({ rows, records: [] })
    rows = []
  }
  for (const object of history(stages, promotions)) {
    seq += 1
    const { name, namespace = '' } = object.metadata
    object.metadata.resourceVersion = String(seq)
    const kindGroup = object.apiVersion === 'v1' ? '' : group
    const kind = kindKey({ kind: object.kind, group: kindGroup })
    rows.push({ kind, namespace, name, seq, body: JSON.stringify(object) })
    if (rows.length >= batch) await flush()
  }
  await flush()
  await database.close()
}

function* history(stages: number, promotions: number): Generator<KubeObject> {
  const projects = Math.ceil(stages / stagesPerProject)
  for (let at = 0; at < projects; at++) {
    const name = `p${at}`
    yield object('v1', 'Namespace', { name, labels: { 'kargo.akuity.io/project': 'true' } })
    yield object(`${group}/v1alpha1`, 'Project', { name })
    const origin = { kind: 'Warehouse', name: 'app' }
    yield object(
      `${group}/v1alpha1`,
      'Freight',
      { name: freightName(at), namespace: name },
      { alias: `calm-${at}`, origin, images: [image], status: {} },
    )
  }
  for (let at = 0; at < stages; at++) yield stage(at)
  const rounds = Math.ceil(promotions / Math.max(1, stages))
  for (let round = 0, left = promotions; round < rounds; round++)
    for (let at = 0; at < stages && left > 0; at++, left--) yield promotion(at, round)
}

const image = {
  repoURL: 'registry.example.com/team/application',
  tag: '1.4.2',
  digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
}

function freightName(project: number): string {
  return project.toString(16).padStart(40, 'f')
}

function projectOf(stage: number): number {
  return Math.floor(stage / stagesPerProject)
}

function stage(at: number): KubeObject {
  const origin = { kind: 'Warehouse', name: 'app' }
  return object(
    `${group}/v1alpha1`,
    'Stage',
    { name: `stage-${at % stagesPerProject}`, namespace: `p${projectOf(at)}` },
    {
      spec: {
        requestedFreight: [{ origin, sources: { direct: true } }],
        promotionTemplate: { spec: { steps: steps(at) } },
      },
      status: {},
    },
  )
}

/** A Promotion of some 4 KB, as one of six steps leaves it. */
function promotion(at: number, round: number): KubeObject {
  const name = freightName(projectOf(at))
  const origin = { kind: 'Warehouse', name: 'app' }
  const freight = { name, origin, images: [image] }
  const startedAt = toTimestamp(born + round * 3_600_000 + at)
  const all = steps(at)
  return object(
    `${group}/v1alpha1`,
    'Promotion',
    {
      name: `stage-${at % stagesPerProject}.${String(round).padStart(26, '0')}.${name.slice(0, 7)}`,
      namespace: `p${projectOf(at)}`,
      annotations: { 'kargo.akuity.io/create-actor': 'admin' },
    },
    {
      spec: { stage: `stage-${at % stagesPerProject}`, freight: name, steps: all },
      status: {
        phase: 'Succeeded',
        freight,
        freightCollection: { id: name, items: { 'Warehouse/app': freight } },
        startedAt,
        finishedAt: startedAt,
        currentStep: all.length - 1,
        stepExecutionMetadata: all.map(({ as }) => ({
          alias: as,
          startedAt,
          finishedAt: startedAt,
          status: 'Succeeded',
        })),
        state: Object.fromEntries(
          all.map(({ as }) => [as, { commit: `${at}${round}`.padStart(40, 'a') }]),
        ),
        gantry: {
          steps: all.map(() => ({
            attempts: 1,
            status: 'Succeeded',
            startedAt: born,
            finishedAt: born,
          })),
        },
      },
    },
  )
}

function steps(at: number): { uses: string; as: string; config: object }[] {
  return Array.from({ length: 6 }, (_, index) => ({
    uses: 'yaml-update',
    as: `update-${index}`,
    config: {
      path: `./src/environments/stage-${at}/values-${index}.yaml`,
      updates: [
        {
          key: 'image.tag',
          value: '${{ imageFrom("registry.example.com/team/application").Tag }}',
        },
      ],
    },
  }))
}

function object(
  apiVersion: string,
  kind: string,
  metadata: KubeObject['metadata'],
  body: object = {},
): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      ...metadata,
      uid: crypto.randomUUID(),
      generation: 1,
      creationTimestamp: toTimestamp(born),
    },
    ...body,
  }
}
