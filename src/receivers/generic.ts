import { asGantryError, GantryError } from '../core/errors.ts'
import { expectString } from '../core/expr/environment.ts'
import { ExpressionError, evaluate } from '../core/expr/index.ts'
import { webhookEnvironment } from '../core/expr/functions/webhook.ts'
import { evaluateTemplate, parseTemplate, spliceValue } from '../core/expr/template.ts'
import type { Env } from '../core/expr/index.ts'
import type { JsonObject } from '../core/json.ts'
import {
  type GenericReceiverAction,
  WebhookReceiverConfig,
} from '../core/kinds/webhook-receivers.ts'
import { mapValues } from '../core/map-values.ts'
import { parseBody } from '../lib/webhook/payload.ts'
import {
  defineReceiver,
  type ReceivedAction,
  type ReceivedRequest,
  type ReceivedSelection,
} from '../receiver.ts'

type Criterion = GenericReceiverAction['targetSelectionCriteria'][number]

/** A request may not keep the server busy: what people write here takes a few hundred steps. */
const budget = { steps: 200_000, memory: 500_000 }

/** Headers that change from one try to the next of the same delivery. */
const transport =
  /^(date|host|connection|content-length|accept.*|x-forwarded-.*|forwarded|via|trace.*)$/

export default defineReceiver({
  kind: 'generic',
  summary: 'Requests of anything that can send JSON, with expressions that say what to do.',
  secretKey: 'secret',
  authentication: 'The address alone, which holds a hash of the secret.',
  events: ['whatever the actions ask for'],
  unsupported: 400,
  config: WebhookReceiverConfig.shape.generic.unwrap(),
  example: {
    secretRef: { name: 'generic-webhook' },
    actions: [
      {
        action: 'Refresh',
        whenExpression: "request.header('X-Event') == 'push'",
        targetSelectionCriteria: [
          {
            kind: 'Warehouse',
            indexSelector: {
              matchIndices: [
                {
                  key: 'subscribedURLs',
                  operator: 'Equals',
                  value: '${{ normalizeGit(request.body.repository.url) }}',
                },
              ],
            },
          },
        ],
      },
    ],
  },

  read(request, { actions }) {
    const body = request.body.length === 0 ? null : parseBody(request)
    const whole = { headers: request.headers, query: request.query, body }
    return {
      event: '',
      type: 'actions',
      actions: actions.map((action) => readAction(action, whole, request.now)),
      distinction: distinction(request),
    }
  },
})

function readAction(
  action: GenericReceiverAction,
  request: Parameters<typeof webhookEnvironment>[0],
  now: number,
): ReceivedAction {
  const config: JsonObject = { ...action }
  try {
    const base = webhookEnvironment(request, {})
    const params = mapValues(action.parameters ?? {}, (text) => parameterText(text, base, now))
    const env = webhookEnvironment(request, params)
    if (!holds(action.whenExpression, env, now)) return { config, isMatched: false, selections: [] }
    const selections = action.targetSelectionCriteria.map((each) => select(each, env, now))
    return { config, isMatched: true, selections }
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError) && !(thrown instanceof GantryError)) throw thrown
    const error = asGantryError(thrown).message
    return { config, isMatched: false, error, selections: [] }
  }
}

function holds(expression: string | undefined, env: Env, now: number): boolean {
  if (expression === undefined || expression.trim() === '') return true
  const value = evaluate(expression, env, { now, budget })
  if (typeof value === 'boolean') return value
  throw new GantryError('Invalid', 'whenExpression must give true or false')
}

function select(criterion: Criterion, env: Env, now: number): ReceivedSelection {
  const { kind, name, labelSelector, indexSelector } = criterion
  const text = (value: string, what: string): string => targetText(value, what, env, now)
  return {
    kind,
    ...(name !== undefined && name !== '' && { name: text(name, 'name') }),
    ...(labelSelector !== undefined && {
      labels: {
        matchLabels: mapValues(labelSelector.matchLabels ?? {}, (value, key) =>
          text(value, `the value of the label ${key}`),
        ),
        matchExpressions: (labelSelector.matchExpressions ?? []).map((each) => ({
          ...each,
          values: each.values?.map((value) => text(value, `a value of the label ${each.key}`)),
        })),
      },
    }),
    ...(indexSelector !== undefined && {
      indices: indexSelector.matchIndices.map((each) => ({
        ...each,
        value: text(each.value, `the value of the index ${each.key}`),
      })),
    }),
  }
}

/** What selects targets: a template that must give a text. What looks like something else needs `quote`. */
function targetText(template: string, what: string, env: Env, now: number): string {
  return expectString(evaluateTemplate(template, env, { now, budget }).value, what)
}

/** Parameters are texts, whatever they look like: the results of the expressions with the text around them. */
function parameterText(template: string, env: Env, now: number): string {
  const { value } = evaluateTemplate(template, env, { now, budget })
  if (typeof value === 'string') return value
  return parseTemplate(template)
    .map((part) =>
      'text' in part
        ? part.text
        : spliceValue(evaluate(part.expression, env, { now, budget }), part.expression),
    )
    .join('')
}

/** Expressions may look at every header. */
function distinction({ headers }: ReceivedRequest): string {
  const telling = Object.entries(headers).filter(([name]) => !transport.test(name))
  return JSON.stringify(telling.sort(([a], [b]) => (a < b ? -1 : 1)))
}
