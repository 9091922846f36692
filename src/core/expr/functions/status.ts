import { callError } from '../function-value.ts'
import type { Implementation } from '../function-value.ts'
import { bool, signature, string } from '../types.ts'
import type { Signature } from '../types.ts'
import { expectArguments, stringArgument } from './declare.ts'

/** What is known of an earlier step. */
export interface StepMeta {
  readonly alias?: string | undefined
  readonly status?: string | undefined
  readonly continueOnError?: boolean | undefined
  readonly startedAt?: string | undefined
  readonly finishedAt?: string | undefined
  readonly errorCount?: number | undefined
  readonly message?: string | undefined
}

export interface StatusInput {
  /** Alias of the step that is evaluated; `task::inner` inside a task. */
  readonly alias: string
  readonly steps: readonly StepMeta[]
}

const toBool: readonly Signature[] = [signature([], bool)]

export const statusSignatures: Readonly<Record<string, readonly Signature[]>> = {
  always: toBool,
  failure: toBool,
  success: toBool,
  status: [signature([string], string)],
}

export function statusImplementations(
  input: StatusInput,
): Readonly<Record<string, Implementation>> {
  const failed = (): boolean =>
    input.steps.some(
      ({ status, continueOnError }) =>
        continueOnError !== true && (status === 'Failed' || status === 'Errored'),
    )
  const none =
    (answer: () => boolean): Implementation =>
    (args) => {
      expectArguments(args, 0)
      return answer()
    }
  return {
    always: none(() => true),
    failure: none(failed),
    success: none(() => !failed()),
    status: (args) => {
      expectArguments(args, 1)
      const wanted = stringArgument(args, 0)
      if (wanted === '') throw callError('argument must not be empty')
      const task = splitAlias(input.alias).task
      const found = input.steps.find(({ alias = '' }) => {
        const own = splitAlias(alias)
        return own.task === task && own.name === wanted
      })
      return found?.status ?? ''
    },
  }
}

/** `task::inner` as its parts; without a task the task is empty. */
export function splitAlias(alias: string): { readonly task: string; readonly name: string } {
  const parts = alias.split('::')
  const [task, name] = parts
  return parts.length === 2 && task !== undefined && name !== undefined
    ? { task, name }
    : { task: '', name: alias }
}
