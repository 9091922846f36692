import { sendManifests } from './bulk.ts'
import { type AddCommand, type ServerOptions, connect, withServer } from './context.ts'
import { readManifestFiles } from './manifest-files.ts'

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
    .option(
      '-f, --filename <path>',
      'file, folder or - for standard input; repeatable',
      collect,
      [],
    )
    .option('-R, --recursive', 'also the folders below a folder')
    .option('--dry-run', 'let the server check everything, but write nothing')
    .option('--skip-unknown', 'kinds that Gantry does not know are a warning, not an error')
    .option(
      '--lenient',
      'unknown fields are dropped, and doubtful expressions kept, with a warning',
    )
    .action(async (options: ApplyOptions) => {
      const manifests = await readManifestFiles(io, options)
      await sendManifests(io, await connect(io, options), manifests, {
        method: 'PUT',
        query: {
          upsert: 'true',
          ...(options.lenient !== true && { strict: 'true' }),
          ...(options.dryRun === true && { dryRun: 'true' }),
          ...(options.skipUnknown === true && { skipUnknown: 'true' }),
        },
        done: 'applied',
        suffix: options.dryRun === true ? ' (dry run)' : '',
      })
    })
}

/** Gathers a repeatable option. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}
