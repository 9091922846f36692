import { type Command, Option } from 'commander'
import { stringify } from 'yaml'
import type { KubeObject } from '../core/kinds/kind.ts'
import type { CliIo } from './context.ts'
import { asObject } from './objects.ts'
import { objectName } from './output.ts'

export interface ResultOptions {
  readonly output?: 'json' | 'yaml' | 'name'
}

/** `-o`, for commands that say one line about an object unless they are to show it. */
export function withResult(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'show the object').choices(['json', 'yaml', 'name']),
  )
}

/** `stage.kargo.akuity.io/test created`, or the object as the user asked to see it. */
export function printResult(
  io: CliIo,
  answer: unknown,
  participle: string,
  { output }: ResultOptions,
): void {
  const object = asObject(answer)
  const shown = output === undefined ? undefined : formatObject(object, output)
  io.out(shown ?? `${objectName(object)} ${participle}`)
}

export function formatObject(object: KubeObject, output: 'json' | 'yaml' | 'name'): string {
  if (output === 'name') return objectName(object)
  if (output === 'json') return JSON.stringify(object, null, 2)
  return stringify(object, { lineWidth: 0 }).trimEnd()
}
