import { Option } from 'commander'
import { isJsonObject, jsonText } from '../core/json.ts'
import type { JsonObject } from '../core/json.ts'
import type { AddCommand } from './context.ts'
import { formatTable } from './output.ts'

/** `gantry catalog [-o json]`: every plugin with its JSON Schema. Needs no server. */
export function addCatalog(catalog: () => Promise<JsonObject>): AddCommand {
  return (program, io) => {
    program
      .command('catalog')
      .description('list steps, sources, metrics, hosts, agents, credentials and receivers')
      .addOption(new Option('-o, --output <format>').choices(['table', 'json']).default('table'))
      .action(async ({ output }: { output: 'table' | 'json' }) => {
        const parts = await catalog()
        if (output === 'json') {
          io.out(JSON.stringify(parts, null, 2))
          return
        }
        const rows = Object.entries(parts).flatMap(([seam, entries]) =>
          (Array.isArray(entries) ? entries.filter(isJsonObject) : []).map((entry) => [
            seam,
            jsonText(entry['kind']),
            jsonText(entry['summary']),
          ]),
        )
        io.out(formatTable([['SEAM', 'KIND', 'SUMMARY'], ...rows]))
      })
  }
}
