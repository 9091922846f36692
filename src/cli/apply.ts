import type { Command } from 'commander'
import { type BulkRequest, sendManifests } from './bulk.ts'
import { collect } from './collect.ts'
import { type AddCommand, type CliIo, type ServerOptions, connect, withServer } from './context.ts'
import { readManifestFiles } from './manifest-files.ts'

export interface ManifestOptions extends ServerOptions {
  readonly filename: string[]
  readonly recursive?: boolean
  readonly dryRun?: boolean
  readonly skipUnknown?: boolean
  readonly lenient?: boolean
}

/** `gantry apply -f FILE|DIR|URL|-` */
export const addApply: AddCommand = (program, io) => {
  const command = program.command('apply').description('create or replace the objects of manifests')
  withManifests(withServer(command)).action((options: ManifestOptions) =>
    writeManifests(io, options, { method: 'PUT', query: { upsert: 'true' }, done: 'applied' }),
  )
}

/** Which manifests, and how strictly they are read: of `apply` and `create`. */
export function withManifests(command: Command): Command {
  return command
    .option(
      '-f, --filename <path>',
      'file, folder, address or - for standard input; repeatable',
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
}

export async function writeManifests(
  io: CliIo,
  options: ManifestOptions,
  { method, query, done }: Omit<BulkRequest, 'suffix'>,
): Promise<void> {
  const manifests = await readManifestFiles(io, options)
  await sendManifests(io, await connect(io, options), manifests, {
    method,
    query: {
      ...query,
      ...(options.lenient !== true && { strict: 'true' }),
      ...(options.dryRun === true && { dryRun: 'true' }),
      ...(options.skipUnknown === true && { skipUnknown: 'true' }),
    },
    done,
    suffix: options.dryRun === true ? ' (dry run)' : '',
    maySkip: options.skipUnknown !== true,
  })
}
