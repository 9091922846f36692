import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Freight } from '../../src/core/kinds/freight.ts'
import type { Promotion } from '../../src/core/kinds/promotion.ts'
import type { Stage } from '../../src/core/kinds/stage.ts'
import type { Warehouse } from '../../src/core/kinds/warehouse.ts'
import { type GitServer, startGitServer } from '../servers/git-server.ts'
import { type Registry, pushSampleImage, startRegistry } from '../servers/registry.ts'
import {
  type CommandResult,
  type GantryProcess,
  spawnCommand,
  startGantryProcess,
  until,
} from './gantry-process.ts'
import { manifestsOf, stepsThatPushTo } from './manifests.ts'

/** Exit codes of `src/core/errors.ts`: scripts depend on them. */
const exits = { ok: 0, badInput: 2, notFound: 4, notSucceeded: 8 } as const

const { warehouse, stage } = manifestsOf('demo')

let folder: string
let git: GitServer
let registry: Registry
let gantry: GantryProcess
/** Name of the one Freight of the Warehouse `web`. */
let freight: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-bad-input-'))
  git = await startGitServer({ accounts: [{ username: 'bot', password: 'secret-password' }] })
  registry = await startRegistry({})
  await git.createRepo('closed', { 'version.txt': '0\n' })
  await git.createRepo('deploy', { 'version.txt': '0\n' })
  await pushSampleImage(registry, 'web', '1.0.0', {
    created: '2026-01-01T00:00:00Z',
    content: '1.0.0',
  })
  gantry = await startGantryProcess({ folder })
  await gantry.run(
    ['apply', '-f', '-'],
    [
      project,
      credential('deploy'),
      warehouse('web', `image: {repoURL: ${registry.host}/web}`),
      stage('test', { steps: pushTo('deploy') }),
    ].join('---\n'),
  )
  freight = await until('Freight', async () => {
    const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
    return items[0]?.metadata.name
  })
})

after(async () => {
  await gantry?.stop()
  await git?.close()
  await registry?.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const project = 'apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata: {name: demo}\n'

const configMap = (name: string, namespace = 'demo'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\n`

const credential = (repo: string): string =>
  `apiVersion: v1
kind: Secret
metadata: {name: ${repo}, namespace: demo, labels: {kargo.akuity.io/cred-type: git}}
stringData: {repoURL: '${git.repoURL(repo)}', username: bot, password: secret-password}
`

const pushTo = (repo: string): string => stepsThatPushTo(git.repoURL(repo))

const apply = (manifest: string, ...options: string[]): Promise<CommandResult> =>
  gantry.command(['apply', '-f', '-', ...options], manifest)

const promote = (to: string, what: string): Promise<CommandResult> =>
  gantry.command(['promote', '--stage', to, '--freight', what, '--wait', '--timeout', '30'])

/** The command's last word is one line that holds all of these. */
function said({ err }: CommandResult, ...words: readonly string[]): void {
  const line = err.split('\n').at(-1) ?? ''
  assert.match(line, /^gantry: \S/, err)
  for (const word of words) assert.ok(line.includes(word), `${JSON.stringify(word)} in: ${err}`)
}

/** The reason and message of a condition, once it is False. */
async function falseCondition(kind: string, name: string, type = 'Ready', reason?: string) {
  return until(`${kind} ${name}: ${type} False`, async () => {
    const { status } = await gantry.get<Stage | Warehouse>([kind, name])
    const found = status?.conditions?.find((each) => each.type === type)
    return found?.status === 'False' && (reason === undefined || found.reason === reason)
      ? found
      : undefined
  })
}

const explain = (name: string): Promise<string> => gantry.run(['explain', 'stage', name])

const exists = async (kind: string, name: string): Promise<boolean> =>
  (await gantry.command(['get', kind, name])).code === 0

test('a document that is no YAML is named with its line, and the others are applied', async () => {
  const result = await apply(`${configMap('before')}---\nspec: [1,\n---\n${configMap('behind')}`)
  assert.equal(result.code, exits.badInput)
  said(result, '1 of 3 manifests could not be applied')
  assert.match(result.err, /^error: standard input: .*document 2.*line \d/m)
  assert.deepEqual(
    [await exists('configmap', 'before'), await exists('configmap', 'behind')],
    [true, true],
  )
})

test('of several files the one that is no YAML is named, in a process of its own too', async () => {
  const place = join(folder, 'broken')
  const good = join(folder, 'good.yaml')
  await writeFile(`${place}.yaml`, '# first\na:\n\t- b\n')
  await writeFile(good, configMap('of-a-file'))
  const args = ['apply', '-f', `${place}.yaml`, '-f', good]
  const result = await spawnCommand({ ...gantry.env, GANTRY_SERVER: gantry.url }, args)
  assert.equal(result.code, exits.badInput)
  assert.match(result.err, new RegExp(`^error: ${place}\\.yaml: .*line 3: `, 'm'))
  assert.equal(result.out, 'configmap/of-a-file created')
})

test('manifests of an address that never ends, or breaks off, are refused in a sentence', async (t) => {
  const chunk = Buffer.alloc(1024 * 1024, '#')
  const remote = createServer((request, response) => {
    response.write(configMap('of-an-address'))
    if (request.url === '/broken')
      return void response.write('# more', () => response.socket?.destroy())
    if (request.url === '/whole') return void response.end()
    const writeOn = (): void => void response.write(chunk, (error) => error ?? writeOn())
    writeOn()
  })
  t.after(() => {
    remote.closeAllConnections()
    remote.close()
  })
  await once(remote.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}`
  const get = (path: string): Promise<CommandResult> => gantry.command(['apply', '-f', url + path])

  said(await get('/endless'), `${url}/endless is longer than 33554432 bytes`)
  said(await get('/broken'), `cannot download ${url}/broken`)
  assert.equal(await exists('configmap', 'of-an-address'), false)
  assert.equal((await get('/whole')).code, exits.ok)
  assert.equal(await exists('configmap', 'of-an-address'), true)
})

test('more than one request takes is applied and deleted in several, whatever is wrong in between', async () => {
  const filling = 'x'.repeat(100_000)
  const inside = (namespace: string, count: number): string[] =>
    Array.from(
      { length: count },
      (_, at) => `apiVersion: v1
kind: ConfigMap
metadata: {name: many-${at}, namespace: ${namespace}}
data: {filling: ${filling}}
`,
    )
  const projectNamed = (name: string, more = ''): string =>
    `apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata: {name: ${name}${more}}\n`
  // The Projects come last, and one of them has a label that cannot be.
  const text = [
    ...inside('large', 60),
    ...inside('refused', 30),
    projectNamed('refused', ', labels: {team: "a b"}'),
    projectNamed('large'),
  ].join('---\n')
  const result = await apply(text)
  assert.equal(result.code, exits.badInput)
  said(result, '31 of 92 manifests could not be applied')
  const lines = result.out.split('\n')
  assert.equal(lines[0], 'project.kargo.akuity.io/large created')
  assert.equal(lines.filter((line) => line.endsWith(' created')).length, 61)
  const refused = result.err.split('\n').filter((line) => line.includes('not touched'))
  assert.equal(refused.length, 30)
  const { items } = await gantry.get<{ items: unknown[] }>(['configmaps', '--project', 'large'])
  assert.equal(items.length, 60)

  const gone = await gantry.command(
    ['delete', '-f', '-'],
    [...inside('large', 60), projectNamed('large')].join('---\n'),
  )
  assert.equal(gone.code, exits.ok, gone.err)
  assert.equal(gone.out.split('\n').at(-1), 'project.kargo.akuity.io/large deleted')
  await until('the project is gone', async () => !(await exists('project', 'large')) || undefined)
})

test('a single broken manifest gives a single sentence', async () => {
  for (const text of ['a: b: c\n', '- a\n', 'just text', 'kind: Stage\n', '{"kind": "Stage"}'])
    assert.match((await apply(text)).err, /^gantry: [^\n]+$/, text)
  const nothing = await apply('# nothing but a comment\n')
  assert.equal(nothing.code, exits.badInput)
  said(nothing, 'no manifest')
})

test('a kind that does not exist is an error with the nearest name, unless it is to be skipped', async () => {
  const wrong = `apiVersion: kargo.akuity.io/v1alpha1\nkind: Stag\nmetadata: {name: x, namespace: demo}\n`
  const alone = await apply(wrong)
  assert.equal(alone.code, exits.badInput)
  said(alone, 'line 1', 'Stag', '"Stage"')
  const among = await apply(`${wrong}---\n${configMap('beside-a-wrong-kind')}`)
  assert.equal(among.code, exits.badInput)
  assert.equal(await exists('configmap', 'beside-a-wrong-kind'), true)

  const skipped = await apply(`${wrong}---\n${configMap('beside-a-wrong-kind')}`, '--skip-unknown')
  assert.equal(skipped.code, exits.ok)
  assert.match(skipped.err, /^warning: line 1: .*Stag/)
  assert.match(skipped.out, /^Stag .* skipped\nconfigmap\/beside-a-wrong-kind unchanged$/)
})

test('an unknown field is an error with the nearest name, or with --lenient a warning', async () => {
  const manifest = stage('typo', { sources: '{direct: true, requiredSoakTme: 5m}' })
  const strict = await apply(manifest)
  assert.equal(strict.code, exits.badInput)
  said(strict, 'spec.requestedFreight[0].sources.requiredSoakTme', '"requiredSoakTime"')
  assert.equal(await exists('stage', 'typo'), false)

  const lenient = await apply(manifest, '--lenient')
  assert.equal(lenient.code, exits.ok)
  assert.match(lenient.err, /^warning: .*requiredSoakTme/)
  assert.equal(await exists('stage', 'typo'), true)
})

test('the same holds within a subscription, also where the misspelt field is a required one', async () => {
  const manifest = (image: string): string =>
    `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: misspelt, namespace: demo}
spec: {subscriptions: [{image: ${image}}]}
`
  const typo = manifest('{repoURL: 127.0.0.1:1/web, constrant: ^1.0.0}')
  const strict = await apply(typo)
  assert.equal(strict.code, exits.badInput)
  said(strict, 'spec.subscriptions[0].image.constrant: unknown field', '"constraint"')
  assert.equal(await exists('warehouse', 'misspelt'), false)

  const required = await apply(manifest('{repoURl: 127.0.0.1:1/web}'))
  assert.equal(required.code, exits.badInput)
  said(required, 'spec.subscriptions[0].image.repoURl: unknown field', '"repoURL"')

  const lenient = await apply(typo, '--lenient')
  assert.equal(lenient.code, exits.ok)
  assert.match(lenient.err, /^warning: .*constrant: unknown field/)
  assert.equal(await exists('warehouse', 'misspelt'), true)
})

test('an unknown name in an expression is an error with the nearest name, or with --lenient a warning', async () => {
  const manifest = stage('typo-in-expression', {
    steps: '[{uses: compose-output, config: {a: "${{ imgeFrom(ctx.stage).Tag }}"}}]',
  })
  const strict = await apply(manifest)
  assert.equal(strict.code, exits.badInput)
  said(strict, 'spec.promotionTemplate.spec.steps[0].config.a', '"imgeFrom"', '"imageFrom"')
  assert.equal(await exists('stage', 'typo-in-expression'), false)

  const lenient = await apply(manifest, '--lenient')
  assert.equal(lenient.code, exits.ok)
  assert.match(lenient.err, /^warning: .*imgeFrom/)
  assert.equal(await exists('stage', 'typo-in-expression'), true)
})

test('a Warehouse that cannot work is refused with the field, and passwords are never repeated', async () => {
  const password = 'hunter2-hunter2'
  const cases = [
    ['image: {repoURL: nginx, constraint: ">>1"}', 'image.constraint'],
    ['image: {repoURL: nginx, allowTagsRegexes: ["("]}', 'image.allowTagsRegexes[0]'],
    ['image: {repoURL: nginx, allowTags: "^1"}', 'image.allowTags'],
    ['git: {repoURL: "oci://ghcr.io/example/app"}', 'git.repoURL'],
    ['git: {repoURL: "https://example.com/r.git", branch: "--upload-pack=x"}', 'git.branch'],
    [
      'git: {repoURL: "https://example.com/r.git", expressionFilter: "subject =="}',
      'git.expressionFilter',
    ],
    [`git: {repoURL: "https://bot:${password}@example.com/r.git"}`, 'git.repoURL'],
  ] as const
  for (const [subscription, field] of cases) {
    const { code, out, err } = await gantry.command(
      ['apply', '-f', '-'],
      warehouse('never', subscription),
    )
    assert.equal(code, exits.badInput, subscription)
    assert.ok(`${out}${err}`.includes(`spec.subscriptions[0].${field}`), err)
    assert.ok(!`${out}${err}`.includes(password), err)
  }
})

test('what a Warehouse sees is told by get and explain, with the error where there is one', async () => {
  await gantry.run(['apply', '-f', '-'], warehouse('shut', 'image: {repoURL: "127.0.0.1:9/app"}'))
  await until('the error', async () => {
    const out = await gantry.run(['get', 'warehouses', '-o', 'wide'])
    const isTold =
      /web +0 \(image .*Current +1\.0\.0/.test(out) && /shut .*Failing.*Unreachable/.test(out)
    return isTold || undefined
  })
  assert.match(await gantry.run(['explain', 'warehouse', 'shut']), /Unreachable/)
  await gantry.run(['delete', 'warehouse', 'shut'])
})

test('a value of the wrong type is an error with its path, lenient or not', async () => {
  for (const options of [[], ['--lenient']]) {
    const result = await apply(stage('wrong-type', { sources: '{direct: "yes"}' }), ...options)
    assert.equal(result.code, exits.badInput)
    said(result, 'spec.requestedFreight[0].sources.direct', '"yes"')
  }
})

test('a step that does not exist is said at apply, on the Stage, by explain, and by the promotion', async () => {
  const result = await apply(stage('unknown-step', { steps: '[{uses: git-comit}]' }))
  assert.equal(result.code, exits.ok)
  assert.match(result.err, /^warning: .*"git-comit".*"git-commit"/)
  const { reason, message } = await falseCondition('stage', 'unknown-step')
  assert.equal(reason, 'UnknownStep')
  assert.match(message ?? '', /git-comit/)
  assert.match(await explain('unknown-step'), /git-comit/)
  const promotion = await promote('unknown-step', freight)
  assert.equal(promotion.code, exits.notSucceeded)
  said(promotion, 'Errored', 'git-comit')
})

test('a task that does not exist, or has a step that does not, is said on the Stage until it comes', async () => {
  await apply(stage('by-task', { steps: '[{task: {name: deploy-it}}]' }))
  assert.equal((await falseCondition('stage', 'by-task')).reason, 'TaskNotFound')
  const task = (uses: string): string =>
    `apiVersion: kargo.akuity.io/v1alpha1
kind: PromotionTask
metadata: {name: deploy-it, namespace: demo}
spec: {steps: [{uses: ${uses}, config: {a: b}}]}
`
  await apply(task('compose-outputs'))
  await falseCondition('stage', 'by-task', 'Ready', 'UnknownStep')
  await apply(task('compose-output'))
  await falseCondition('stage', 'by-task', 'Ready', 'NoFreight')
  assert.equal((await promote('by-task', freight)).code, exits.ok)
})

test('a git server that asks for a credential: the Warehouse says so, and goes on once there is one', async () => {
  await apply(warehouse('closed', `git: {repoURL: '${git.repoURL('closed')}'}`))
  const { message } = await falseCondition('warehouse', 'closed', 'Ready', 'DiscoveryFailure')
  assert.match(message ?? '', /asks for a credential.*kargo\.akuity\.io\/cred-type: git/)
  assert.match(await gantry.run(['get', 'warehouses']), /closed +False +.*asks for a credential/)

  await apply(stage('closed', { steps: pushTo('closed') }))
  const promotion = await promote('closed', freight)
  assert.equal(promotion.code, exits.notSucceeded)
  said(promotion, 'step-1', 'asks for a credential')
  const ready = await falseCondition('stage', 'closed', 'Ready', 'LastPromotionErrored')
  assert.match(ready.message ?? '', /asks for a credential/)
  assert.match(await explain('closed'), /asks for a credential/)

  await apply(credential('closed'))
  await until('a look with the credential', async () => {
    const { status } = await gantry.get<Warehouse>(['warehouse', 'closed'])
    return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')
  })
  assert.equal((await promote('closed', freight)).code, exits.ok)
})

test('a registry that cannot be reached is named, and delays no other Warehouse', async () => {
  const dead = 'image: {repoURL: "127.0.0.1:1/web"}'
  await apply(
    `${warehouse('dead', dead)}---\n${warehouse('alive', `image: {repoURL: ${registry.host}/web}`)}`,
  )
  await until('Freight of the other Warehouse', async () => {
    const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
    return items.some(({ origin }) => origin.name === 'alive')
  })
  const { message } = await falseCondition('warehouse', 'dead', 'Ready', 'DiscoveryFailure')
  assert.match(message ?? '', /127\.0\.0\.1:1.*ECONNREFUSED/)
  await apply(stage('behind-dead', { warehouse: 'dead' }))
  assert.match(await explain('behind-dead'), /Warehouse\/dead/)
})

test('a push that the server rejects ends the promotion with the words of the server', async () => {
  await git.rejectPushes('deploy', 'policy: nobody deploys on Fridays')
  const before = await git.commits('deploy', 'main')
  const [rejected, other] = await Promise.all([
    promote('test', freight),
    promote('closed', freight),
  ])
  assert.equal(rejected.code, exits.notSucceeded)
  said(rejected, 'step-4', 'nobody deploys on Fridays')
  assert.equal(other.code, exits.ok)
  const ready = await falseCondition('stage', 'test', 'Ready', 'LastPromotionErrored')
  assert.match(ready.message ?? '', /nobody deploys on Fridays/)
  assert.match(await explain('test'), /nobody deploys on Fridays/)
  const { items } = await gantry.get<{ items: Promotion[] }>(['promotions'])
  const failed = items.find(
    ({ spec, status }) => spec.stage === 'test' && status?.phase === 'Errored',
  )
  assert.match(failed?.status?.stepExecutionMetadata?.[3]?.message ?? '', /Fridays/)
  assert.deepEqual(await git.commits('deploy', 'main'), before)

  await git.rejectPushes('deploy', undefined)
  assert.equal((await promote('test', freight)).code, exits.ok)
  assert.equal((await git.commits('deploy', 'main')).length, before.length + 1)
})

test('Stages that take Freight only from each other say so', async () => {
  const result = await apply(
    `${stage('egg', { sources: '{stages: [hen]}' })}---\n${stage('hen', { sources: '{stages: [egg]}' })}`,
  )
  assert.equal(result.code, exits.ok)
  assert.match(result.err, /circle: hen -> egg -> hen/)
  for (const name of ['egg', 'hen']) {
    const { message } = await falseCondition('stage', name, 'Ready', 'UpstreamCycle')
    assert.match(message ?? '', /egg.*hen|hen.*egg/)
    assert.match(await explain(name), /UpstreamCycle/)
  }
})

test('a Stage that asks for a Warehouse that never was, or was deleted, names it', async () => {
  const result = await apply(stage('orphan', { warehouse: 'nowhere' }))
  assert.equal(result.code, exits.ok)
  assert.match(result.err, /"nowhere"/)
  const never = await falseCondition('stage', 'orphan', 'Ready', 'WarehouseNotFound')
  assert.match(never.message ?? '', /\bnowhere\b/)
  assert.match(await explain('orphan'), /\bnowhere\b/)

  await apply(
    `${warehouse('brief', `image: {repoURL: ${registry.host}/web}`)}---\n${stage('left', { warehouse: 'brief' })}`,
  )
  await falseCondition('stage', 'left', 'Ready', 'NoFreight')
  await gantry.run(['delete', 'warehouse', 'brief'])
  const gone = await falseCondition('stage', 'left', 'Ready', 'WarehouseNotFound')
  assert.match(gone.message ?? '', /\bbrief\b/)
  assert.match(await explain('left'), /\bbrief\b/)
  assert.match(await gantry.run(['get', 'stages']), /left .*\bbrief\b/)
})

test('Freight that is not available is refused with what is missing, and nothing is promoted', async () => {
  await apply(stage('behind', { sources: '{stages: [egg]}' }))
  const result = await promote('behind', freight)
  assert.equal(result.code, exits.badInput)
  said(result, 'behind', 'egg')
  const { items } = await gantry.get<{ items: Promotion[] }>(['promotions'])
  assert.deepEqual(
    items.filter(({ spec }) => spec.stage === 'behind'),
    [],
  )
  assert.match(await explain('behind'), /\begg\b/)
})

test('Freight and Stages that do not exist are named', async () => {
  const noFreight = await promote('test', 'no-such-freight')
  assert.equal(noFreight.code, exits.notFound)
  said(noFreight, '"no-such-freight"')
  const noStage = await promote('no-such-stage', freight)
  assert.equal(noStage.code, exits.notFound)
  said(noStage, 'no-such-stage')
  const noProject = await gantry.command([
    'promote',
    '--stage',
    'test',
    '--freight',
    freight,
    '-p',
    'nowhere',
  ])
  assert.equal(noProject.code, exits.notFound)
  said(noProject, '"nowhere"')
  assert.equal((await gantry.command(['explain', 'stage', 'no-such-stage'])).code, exits.notFound)
})

test('a Project that does not exist is named, and the others get theirs', async () => {
  const alone = await apply(configMap('lost', 'nowhere'))
  assert.equal(alone.code, exits.notFound)
  said(alone, 'nowhere')
  const among = await apply(`${configMap('lost', 'nowhere')}---\n${configMap('found')}`)
  assert.equal(among.code, exits.notFound)
  assert.equal(await exists('configmap', 'found'), true)
  assert.match(among.err, /^error: line 1: .*nowhere/m)
})

test('of a Project whose own manifest failed nothing is applied, and of the others everything', async () => {
  const broken = project.replaceAll('demo', 'half').replace('metadata', 'extra: 1\nmetadata')
  const result = await apply(
    `${configMap('in-half', 'half')}---\n${broken}---\n${configMap('in-demo')}`,
  )
  assert.equal(result.code, exits.badInput)
  said(result, '2 of 3')
  assert.match(result.err, /^error: line 5: .*unknown field "extra"/m)
  assert.match(result.err, /^error: line 1: .*project half failed/m)
  assert.equal(result.out, 'configmap/in-demo created')
})

test('after all of that the process still serves, and has logged no failure of its own', async () => {
  assert.equal((await fetch(`${gantry.url}/readyz`)).status, 200)
  const { code, err } = await gantry.stop()
  assert.equal(code, 0, err)
  assert.doesNotMatch(err, /"level":(50|60)/)
})
