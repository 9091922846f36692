import { Option } from 'commander'
import { type Json, isJsonObject, jsonText } from '../core/json.ts'
import { GantryError } from '../core/errors.ts'
import { fetchDiscovery, formatDiscovery } from './discovery-table.ts'
import {
  type AddCommand,
  type ServerOptions,
  connect,
  projectPath,
  requireProject,
  withServer,
} from './context.ts'

interface ExplainOptions extends ServerOptions {
  readonly freight?: string
  readonly output: 'text' | 'json'
}

/** `gantry explain stage S [--freight F]`: what is where, and why not further; `warehouse W`: what its looks say. */
export const addExplain: AddCommand = (program, io) => {
  withServer(
    program
      .command('explain')
      .description(
        'say what keeps Freight from entering a Stage, or what a Warehouse sees, each reason as a sentence',
      )
      .argument('<kind>', 'stage or warehouse')
      .argument('<name>'),
  )
    .option('--freight <name>', 'only this Freight, by name or alias')
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .action(async (word: string, name: string, options: ExplainOptions) => {
      if (['warehouse', 'warehouses'].includes(word)) {
        const client = await connect(io, options)
        const view = await fetchDiscovery(client, await requireProject(io, options), name)
        io.out(options.output === 'json' ? JSON.stringify(view, null, 2) : formatDiscovery([view]))
        return
      }
      if (!['stage', 'stages'].includes(word)) {
        throw new GantryError(
          'BadRequest',
          `cannot explain ${JSON.stringify(word)}: only stages and warehouses are explained`,
        )
      }
      const client = await connect(io, options)
      const query =
        options.freight === undefined ? '' : `?freight=${encodeURIComponent(options.freight)}`
      const answer = await client.get(
        `${projectPath(await requireProject(io, options), 'stages', name, 'explain')}${query}`,
      )
      io.out(options.output === 'json' ? JSON.stringify(answer, null, 2) : toText(answer))
    })
}

function toText(answer: unknown): string {
  if (!isJsonObject(answer)) return ''
  const lines = asTexts(answer['sentences'])
  for (const entry of Array.isArray(answer['freight'])
    ? answer['freight'].filter(isJsonObject)
    : []) {
    const title = [entry['alias'], entry['freight']].map(jsonText).join(' ').trim()
    lines.push(title, ...asTexts(entry['sentences']).map((sentence) => `  - ${sentence}`))
  }
  return lines.join('\n')
}

function asTexts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(jsonText) : []
}
