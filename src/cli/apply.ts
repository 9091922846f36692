import { GantryError, isErrorCode } from '../core/errors.ts'
import { type Json, isJsonObject, jsonText } from '../core/json.ts'
import { type AddCommand, type CliIo, type ServerOptions, connect, withServer } from './context.ts'
import { asObject } from './objects.ts'
import { objectName } from './output.ts'
import { readSources } from './manifest-files.ts'

interface ApplyOptions extends ServerOptions {
  readonly filename: string[]
  readonly recursive?: boolean
  readonly dryRun?: boolean
  readonly skipUnknown?: boolean
  readonly lenient?: boolean
}

/** `gantry apply -f FILE|DIR|-` */
export const addApply: AddCommand = (program, io) => {
  withServer(program.command('apply').description('create or replace the objects of manifests'))
    .requiredOption(
      '-f, --filename <path>',
      'file, folder or - for standard input; repeatable',
      collect,
      [],
    )
    .option('-R, --recursive', 'also the folders below a folder')
    .option('--dry-run', 'let the server check everything, but write nothing')
    .option('--skip-unknown', 'kinds that Gantry does not know are a warning, not an error')
    .option('--lenient', 'drop unknown fields with a warning, as Kubernetes does')
    .action(async (options: ApplyOptions) => {
      const sources = await readSources(io, options.filename, options.recursive ?? false)
      const client = await connect(io, options)
      const query = new URLSearchParams({ upsert: 'true' })
      if (!options.lenient) query.set('strict', 'true')
      if (options.dryRun) query.set('dryRun', 'true')
      if (options.skipUnknown) query.set('skipUnknown', 'true')
      query.set('multiple', 'true')
      const answer = await client.send('PUT', `/v1beta1/resources?${query.toString()}`, sources)
      report(io, answer, { verb: 'apply', suffix: options.dryRun ? ' (dry run)' : '' })
    })
}

/** `gantry delete -f ...` shares the reading and the report. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

/** One line an object; then, when any failed, an error with the first failure's code. */
export function report(
  io: CliIo,
  answer: unknown,
  options: { verb: string; suffix: string },
): void {
  const results = isJsonObject(answer) && Array.isArray(answer['results']) ? answer['results'] : []
  const failures = results.filter(isJsonObject).filter((result) => result['error'] !== undefined)
  for (const result of results) io.out(resultLine(io, result, options.suffix))
  const [first] = failures
  if (first === undefined) return
  const code = jsonText(first['code'])
  const known = isErrorCode(code) ? code : 'Invalid'
  const message = `${failures.length} of ${results.length} documents could not be ${options.verb === 'apply' ? 'applied' : 'deleted'}`
  throw new GantryError(known, message)
}

const verbs = [
  ['createdResourceManifest', 'created'],
  ['updatedResourceManifest', 'configured'],
  ['deletedResourceManifest', 'deleted'],
  ['unchangedResourceManifest', 'unchanged'],
] as const

function resultLine(io: CliIo, result: Json, suffix: string): string {
  if (!isJsonObject(result)) return ''
  for (const warning of Array.isArray(result['warnings']) ? result['warnings'] : [])
    io.err(`warning: ${jsonText(warning)}`)
  for (const [key, verb] of verbs) {
    if (result[key] !== undefined) return `${objectName(asObject(result[key]))} ${verb}${suffix}`
  }
  if (result['skipped'] !== undefined) return `${jsonText(result['skipped'])} skipped`
  const details = Array.isArray(result['details']) ? result['details'].map(jsonText) : []
  const lines = details.length > 1 ? details.map((detail) => `\n    ${detail}`).join('') : ''
  return `error: ${jsonText(result['name'])}: ${jsonText(result['error'])}${lines}`
}
