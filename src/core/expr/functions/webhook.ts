import type { DeepReadonly, Json } from '../../json.ts'
import { normChart, normGit, normImage } from '../../repo-url.ts'
import { FunctionValue } from '../function-value.ts'
import { StringMap } from '../string-map.ts'
import type { Env, Value } from '../value.ts'
import { expectArguments, stringArgument } from './declare.ts'

export interface WebhookRequest {
  /** Header names in lower case; several values of one header in their order. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  /** The decoded body; null when it was empty. */
  readonly body: DeepReadonly<Json>
  /** Query parameters, each with its values in their order. */
  readonly query: Readonly<Record<string, readonly string[]>>
}

/**
 * The variables of a generic webhook receiver: `request`, the action's `params`, and the three functions that bring
 * addresses into their normal form.
 */
export function webhookEnvironment(
  request: WebhookRequest,
  params: Readonly<Record<string, string>>,
): Env {
  const all = (
    values: Readonly<Record<string, readonly string[]>>,
    name: string,
  ): readonly string[] => (Object.hasOwn(values, name) ? (values[name] ?? []) : [])
  return {
    request: {
      header: textFunction('header', (name) => all(request.headers, name.toLowerCase())[0] ?? ''),
      headers: textFunction('headers', (name) => all(request.headers, name.toLowerCase())),
      params: textFunction('params', (name) => all(request.query, name)[0] ?? ''),
      body: request.body,
    },
    params: new StringMap(params),
    normalizeGit: textFunction('normalizeGit', normGit),
    normalizeImage: textFunction('normalizeImage', normImage),
    normalizeChart: textFunction('normalizeChart', normChart),
  }
}

function textFunction(name: string, answer: (text: string) => Value): FunctionValue {
  return new FunctionValue(name, (args) => {
    expectArguments(args, 1)
    return answer(stringArgument(args, 0))
  })
}
