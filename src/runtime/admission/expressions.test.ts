import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { promotionEnvironment } from '../../core/expr/environment.ts'
import { promotionFunctions } from '../../core/expr/functions/index.ts'
import { evaluate } from '../../core/expr/index.ts'
import { steps } from '../../plugins.gen.ts'
import {
  assertRefused,
  createDemoHome,
  manifest,
  stageManifest,
} from '../../../test/admission-kit.ts'
import { places } from './expressions.ts'

const subscriptions = [{ image: { repoURL: 'nginx' } }]

const criteria = (expression: string): object =>
  manifest('Warehouse', 'w', { spec: { subscriptions, freightCreationCriteria: { expression } } })

const filter = (expressionFilter: string, commitSelectionStrategy = 'NewestFromBranch'): object =>
  manifest('Warehouse', 'w', {
    spec: {
      subscriptions: [
        {
          git: { repoURL: 'https://example.com/r.git', commitSelectionStrategy, expressionFilter },
        },
      ],
    },
  })

const step = (more: object): object => ({ uses: 'copy', ...more })
const stage = (steps: readonly object[], spec: object = {}): object =>
  stageManifest('test', { steps, spec })
const configured = (value: string, spec: object = {}): object =>
  stage([step({ config: { list: [{ value }] } })], spec)

const task = (steps: readonly object[], vars: readonly object[] = []): object =>
  manifest('PromotionTask', 'task', { spec: { vars, steps } })

const clusterTask = (steps: readonly object[]): object =>
  manifest('ClusterPromotionTask', 'task', { spec: { steps } })

const receiver = (action: object): object =>
  manifest('ProjectConfig', 'demo', {
    spec: {
      webhookReceivers: [
        {
          name: 'hook',
          generic: {
            secretRef: { name: 's' },
            actions: [
              {
                action: 'Refresh',
                targetSelectionCriteria: [{ kind: 'Warehouse', name: 'w' }],
                ...action,
              },
            ],
          },
        },
      ],
    },
  })
const target = (criterion: object): object =>
  receiver({ targetSelectionCriteria: [{ kind: 'Warehouse', ...criterion }] })
const index = (key: string, value: string, kind = 'Warehouse'): object =>
  receiver({
    targetSelectionCriteria: [
      { kind, indexSelector: { matchIndices: [{ key, operator: 'Equals', value }] } },
    ],
  })

const config = (spec: object): object => manifest('ProjectConfig', 'demo', { spec })

const subscription = 'spec.subscriptions[0].git'
const template = 'spec.promotionTemplate.spec'
const action = 'spec.webhookReceivers[0].generic.actions[0]'
const criterion = `${action}.targetSelectionCriteria[0]`

/** What is let in with a warning, and refused by `gantry apply`: the manifest, the field, and what must be said of it. */
const doubtful: readonly (readonly [object, string, RegExp])[] = [
  [criteria("imgeFrom('a').Tag == '1'"), 'spec.freightCreationCriteria.expression', /"imageFrom"/],
  [criteria("vars.tag == '1'"), 'spec.freightCreationCriteria.expression', /no variable "vars"/],
  [criteria("quote('1') == '1'"), 'spec.freightCreationCriteria.expression', /function "quote"/],
  [filter("subjct contains 'x'"), `${subscription}.expressionFilter`, /"subject"/],
  [filter("tag startsWith 'v'"), `${subscription}.expressionFilter`, /no variable "tag"/],
  [filter('commitDate > now()', 'SemVer'), `${subscription}.expressionFilter`, /commitDate/],
  [filter('matchesAny(subject)'), `${subscription}.expressionFilter`, /function "matchesAny"/],
  [configured('${{ 1 + }}'), `${template}.steps[0].config.list[0].value`, /unexpected token/],
  [configured('a ${{ ctx.stage'), `${template}.steps[0].config.list[0].value`, /unclosed/],
  [
    configured('${{ imgeFrom("a").Tag }}'),
    `${template}.steps[0].config.list[0].value`,
    /imageFrom/,
  ],
  [configured('${{ ctxt.stage }}'), `${template}.steps[0].config.list[0].value`, /"ctx"/],
  [
    configured('${{ vars.tga }}', { vars: [{ name: 'tag', value: '1' }] }),
    `${template}.steps[0].config.list[0].value`,
    /"tag"/,
  ],
  [configured('${{ task.outputs.a }}'), `${template}.steps[0].config.list[0].value`, /"task"/],
  [
    configured('${{ outputs.cmmit.x }}'),
    `${template}.steps[0].config.list[0].value`,
    /outputs\.cmmit/,
  ],
  [stage([step({ if: '${{ succes() }}' })]), `${template}.steps[0].if`, /"success"/],
  [
    stage([step({ vars: [{ name: 'a', value: '${{ success() }}' }] })]),
    `${template}.steps[0].vars.a`,
    /function "success"/,
  ],
  [
    stage([step({ vars: [{ name: 'a', value: '${{ vars.b }}' }] })]),
    `${template}.steps[0].vars.a`,
    /vars\.b/,
  ],
  [
    stage([step({ as: 'one' }), step({ config: { a: '${{ outputs.one.a + outputs.two.a }}' } })]),
    `${template}.steps[1].config.a`,
    /outputs\.two/,
  ],
  [
    stage([step({})], { vars: [{ name: 'a', value: '${{ outputs.one }}' }] }),
    'spec.vars.a',
    /"outputs"/,
  ],
  [
    stage([step({})], { vars: [{ name: 'a', value: '${{ vars.b }}' }, { name: 'b' }] }),
    'spec.vars.a',
    /vars\.b/,
  ],
  [
    stage([step({})], {
      verification: { args: [{ name: 'url', value: '${{ ctx.stage }} ${{ outputs.a }}' }] },
    }),
    'spec.verification.args.url',
    /"outputs"/,
  ],
  [
    task([step({ config: { a: '${{ unknown(1) }}' } })]),
    'spec.steps[0].config.a',
    /function "unknown"/,
  ],
  [
    configured('{"version":"${{ ctx.freight.displayID }}"}'),
    `${template}.steps[0].config.list[0].value`,
    /ctx\.freight/,
  ],
  [
    configured('Bearer ${{ secrets.token }}'),
    `${template}.steps[0].config.list[0].value`,
    /"secrets": write secret\(/,
  ],
  [
    configured('${{ imageFrom(team/app).Tag }}'),
    `${template}.steps[0].config.list[0].value`,
    /variable "team"/,
  ],
  [
    stage([step({ vars: [{ name: 'a', value: '${{ ctx.freight }}' }] })]),
    `${template}.steps[0].vars.a`,
    /ctx\.freight/,
  ],
  [
    stage([step({})], { vars: [{ name: 'a', value: '${{ ctx.frieght }}' }] }),
    'spec.vars.a',
    /ctx\.frieght/,
  ],
  [
    stage([step({})], { verification: { args: [{ name: 'a', value: '${{ ctx.promotion }}' }] } }),
    'spec.verification.args.a',
    /ctx\.promotion/,
  ],
  [task([step({ if: '${{ ctx.stge }}' })]), 'spec.steps[0].if', /"stage"/],
  [clusterTask([step({ if: '${{ unknown(1) }}' })]), 'spec.steps[0].if', /function "unknown"/],
  [task([step({})], [{ name: 'a', value: '${{ varz.b }}' }]), 'spec.vars.a', /"vars"/],
  [
    receiver({ whenExpression: "request.heder('X') == 'a'" }),
    `${action}.whenExpression`,
    /"header"/,
  ],
  [receiver({ whenExpression: "body.kind == 'a'" }), `${action}.whenExpression`, /"body"/],
  [
    receiver({ whenExpression: 'request.body.kind ==' }),
    `${action}.whenExpression`,
    /unexpected token/,
  ],
  [
    receiver({ whenExpression: "quote(request.body.kind) == 'a'" }),
    `${action}.whenExpression`,
    /"quote"/,
  ],
  [
    receiver({ whenExpression: "params.kid == 'a'", parameters: { kind: 'a' } }),
    `${action}.whenExpression`,
    /"kind"/,
  ],
  [
    receiver({ parameters: { kind: '${{ req.body.kind }}' } }),
    `${action}.parameters.kind`,
    /"req"/,
  ],
  [
    receiver({ parameters: { a: 'a', b: '${{ params.a }}' } }),
    `${action}.parameters.b`,
    /params\.a/,
  ],
  [
    target({ name: '${{ normaliseGit(request.body.url) }}' }),
    `${criterion}.name`,
    /"normalizeGit"/,
  ],
  [
    target({ labelSelector: { matchLabels: { a: '${{ tag }}' } } }),
    `${criterion}.labelSelector.matchLabels.a`,
    /"tag"/,
  ],
  [
    target({
      labelSelector: {
        matchExpressions: [{ key: 'a', operator: 'In', values: ['x', '${{ b( }}'] }],
      },
    }),
    `${criterion}.labelSelector.matchExpressions[0].values[1]`,
    /unexpected/,
  ],
  [
    index('subscribedURLs', '${{ normalizeGit(url) }}'),
    `${criterion}.indexSelector.matchIndices[0].value`,
    /"url"/,
  ],
  [
    index('receiverPaths', 'x'),
    `${criterion}.indexSelector.matchIndices[0].key`,
    /no index receiverPaths/,
  ],
  [
    index('subscribedURLs', 'x', 'Promotion'),
    `${criterion}.indexSelector.matchIndices[0].key`,
    /Promotion has no index/,
  ],
  [
    config({ freightLinks: [{ title: 'a', url: 'x', if: 'stage.metadata.name == "a"' }] }),
    'spec.freightLinks[0].if',
    /"stage"/,
  ],
  [
    config({ stageLinks: [{ title: 'a', url: 'x', if: 'stage.metadata.name = "a"' }] }),
    'spec.stageLinks[0].if',
    /unexpected/,
  ],
  [
    config({ promotionWindows: [{ name: 'a', kind: 'Deny', stageSelector: { name: 'regex:(' } }] }),
    'spec.promotionWindows[0].stageSelector.name',
    /regular expression/,
  ],
]

/** What Kargo takes and what works: neither refused nor warned of. */
const fine: readonly object[] = [
  criteria("imageFrom('nginx').Tag == chartFrom('x', 'y').Version || commitFrom('z') == null"),
  filter(
    "subject contains 'x' && author != committer && commitDate > date('2026-01-01') && id != ''",
  ),
  filter("tag startsWith 'v' && tagger == '' && annotation == '' && creatorDate < now()", 'SemVer'),
  configured("${{ vars.missing ?? 'x' }} ${{ target?.params.a }} ${{ env ?? quote(ctx.stage) }}"),
  configured('${{ imageFrom("a", warehouse("w")).Tag }} ${{ semverDiff("1.0.0", ctx.stage) }}'),
  configured('$${{}} ${{ "a" }} {{ .Values.tag }} ${ENV}'),
  stage([
    step({
      as: 'one',
      vars: [
        { name: 'a', value: '1' },
        { name: 'b', value: '${{ vars.a }}' },
      ],
    }),
    step({ if: "${{ status('one') == 'Succeeded' && always() }}" }),
    step({ config: { a: "${{ outputs.one.x }} ${{ outputs['step-2'].y }} ${{ stepMetas.one }}" } }),
    { task: { name: 't' }, as: 'deploy' },
    step({ config: { a: "${{ outputs['deploy::commit'].id }}" } }),
  ]),
  stage([step({ config: { a: '${{ vars.a + vars.b }}' } })], {
    vars: [
      { name: 'a', value: '1' },
      { name: 'b', value: '${{ vars.a }} ${{ ctx.targetFreight.name }}' },
    ],
    verification: { args: [{ name: 'x', value: '${{ quote(vars.a) }} ${{ ctx.stage }}' }] },
  }),
  configured('${{ ctx.meta.promotion.actor }} ${{ ctx.uiBaseUrl }} ${{ ctx.freight?.name ?? 1 }}'),
  task([step({ config: { a: '${{ task.outputs.a }} ${{ vars.given }}' } })], [{ name: 'given' }]),
  receiver({
    whenExpression: "request.header(params.key) in ['push'] && any(request.body.list, .ok)",
    parameters: { key: 'X-Event', text: "${{ request.params('x') }}" },
  }),
  target({ name: '${{ quote(request.body.n) }}-${{ params.maybe ?? "" }}' }),
  index('subscribedURLs', '${{ normalizeImage(request.body.repository) }}'),
  config({
    stageLinks: [
      { title: 'a', url: '{{ .stage.metadata.name }}', if: 'stage.metadata.name != ""' },
    ],
  }),
]

const http = (more: object): object => ({
  uses: 'http',
  config: { url: 'https://example.com', ...more },
})

describe('expressions without delimiters in the configs of steps', () => {
  const stepRules = new Map(steps.map((each) => [each.kind, each]))
  const stepKinds = new Set(stepRules.keys())
  const at = `${template}.steps[0].config`

  const cases: readonly (readonly [object, string, RegExp])[] = [
    [http({ successExpression: 'respnse.status == 200' }), `${at}.successExpression`, /"response"/],
    [
      http({ failureExpression: 'response.code > 399' }),
      `${at}.failureExpression`,
      /response\.code/,
    ],
    [http({ errorExpression: 'response.body.' }), `${at}.errorExpression`, /unexpected/],
    [
      http({ outputs: [{ name: 'a', fromExpression: 'header("X")' }] }),
      `${at}.outputs[0].fromExpression`,
      /function "header"/,
    ],
    [
      {
        uses: 'yaml-parse',
        config: {
          path: 'a.yaml',
          outputs: [
            { name: 'a', fromExpression: 'image.of.the["file"]' },
            { name: 'b', fromExpression: 'image.tag +' },
          ],
        },
      },
      `${at}.outputs[1].fromExpression`,
      /unexpected/,
    ],
  ]
  for (const [bad, field, sentence] of cases) {
    it(`name what means nothing: ${field}`, async () => {
      const home = await createDemoHome({ stepKinds, stepRules })
      await assertRefused(home.createStrictly(stage([bad])), 'Invalid', field)
      const { warnings } = await home.create(stage([bad]))
      assert.match(warnings.find((each) => each.startsWith(`${field}: `)) ?? '', sentence)
    })
  }

  it('are let in when they work, or are not known yet', async () => {
    const home = await createDemoHome({ stepKinds, stepRules })
    const good = [
      http({
        successExpression: 'response.status == 200 && response.header("X") != ""',
        failureExpression: '${{ vars.failure }}',
        errorExpression: '',
        outputs: [{ name: 'a', fromExpression: 'response.headers["X"][0] ?? response.body.id' }],
      }),
      ...steps.map(({ kind, example }) => ({ uses: kind, config: example })),
    ]
    const vars = [{ name: 'failure', value: 'response.status > 399' }]
    const { warnings } = await home.createStrictly(stage(good, { vars }))
    assert.deepEqual(
      warnings.filter((warning) => warning.startsWith('spec.')),
      [],
    )
  })
})

describe('expressions in manifests', () => {
  for (const [object, field, sentence] of doubtful) {
    it(`name what means nothing: ${field} ${sentence.source}`, async () => {
      const strict = await createDemoHome()
      await assertRefused(strict.createStrictly(object), 'Invalid', field)
      await assert.rejects(strict.createStrictly(object), sentence)
      const lenient = await createDemoHome()
      const { warnings } = await lenient.create(object)
      const warning = warnings.find((each) => each.startsWith(`${field}: `)) ?? ''
      assert.match(warning, sentence, warnings.join('\n'))
    })
  }

  for (const [at, object] of fine.entries()) {
    it(`are let in when they work: ${at}`, async () => {
      const home = await createDemoHome()
      const { warnings } = await home.createStrictly(object)
      const told = warnings.filter((warning) => warning.startsWith('spec.'))
      assert.deepEqual(told, [])
    })
  }

  it('may use all that there is at a promotion, and no more', () => {
    const { env } = promotionEnvironment({
      uiBaseUrl: '',
      project: '',
      promotion: '',
      stage: '',
      targetFreight: { name: '', alias: '', origin: { name: '' } },
      actor: '',
      rollback: false,
      target: { params: {}, labels: {} },
      alias: 'task::step',
      promotionVars: [],
      functions: promotionFunctions({
        project: '',
        requestedFreight: [],
        freight: [],
        snapshot: new Map(),
      }),
      now: 0,
    })
    assert.deepEqual([...places.step.variables, 'task'].toSorted(), Object.keys(env).toSorted())
    assert.deepEqual(evaluate('keys(ctx)', env), places.step.entries.ctx.toSorted())
  })

  it('are all named at once', async () => {
    const home = await createDemoHome()
    const twice = stage([step({ if: '${{ a() }}', config: { x: '${{ b() }}', y: '${{ c }}' } })])
    await assert.rejects(home.createStrictly(twice), (thrown: { details?: unknown }) => {
      assert.ok(Array.isArray(thrown.details))
      const fields = thrown.details.map((detail) => String(detail).split(':')[0])
      const at = `${template}.steps[0]`
      assert.deepEqual(fields, [`${at}.if`, `${at}.config.x`, `${at}.config.y`])
      return true
    })
  })
})
