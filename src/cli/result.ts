import type { Command } from 'commander'
import type { CliIo } from './context.ts'
import { type OwnFormat, formatDocument, formatOption } from './format-option.ts'
import { asObject } from './objects.ts'
import { objectName } from './output.ts'

export interface ResultOptions {
  readonly output?: 'json' | 'yaml' | 'name' | OwnFormat
}

/** `-o`, for commands that say one line about an object unless they are to show it. */
export function withResult(command: Command): Command {
  return command.addOption(formatOption(['json', 'yaml', 'name'], 'show the object'))
}

/** `stage.kargo.akuity.io/test created`, or the object as the user asked to see it. */
export function printResult(
  io: CliIo,
  answer: unknown,
  participle: string,
  { output }: ResultOptions,
): void {
  const object = asObject(answer)
  if (output === undefined) io.out(`${objectName(object)} ${participle}`)
  else io.out(output === 'name' ? objectName(object) : formatDocument(object, output))
}
