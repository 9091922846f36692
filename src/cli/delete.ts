import { GantryError } from '../core/errors.ts'
import { collect } from './collect.ts'
import { sendManifests } from './bulk.ts'
import { type AddCommand, type CliIo, connect, withServer } from './context.ts'
import { forEachName } from './each-name.ts'
import { pluralWords, withFreightNames } from './get.ts'
import { type Selection, sourceOf } from './get-source.ts'
import { readManifestFiles } from './manifest-files.ts'
import { objectName } from './output.ts'
import { withScope } from './scope.ts'

interface DeleteOptions extends Selection {
  readonly filename: string[]
  readonly recursive?: boolean
}

/** `gantry delete KIND NAME...` or `gantry delete -f FILE` */
export const addDelete: AddCommand = (program, io) => {
  const command = withServer(
    program
      .command('delete')
      .description('delete objects')
      .argument('[kind]', `one of ${pluralWords}`)
      .argument('[name...]'),
  )
  withFreightNames(withScope(command, 'shared', 'system'))
    .option('-f, --filename <path>', 'delete the objects of a manifest; repeatable', collect, [])
    .option('-R, --recursive', 'also the folders below a folder')
    .action((word: string | undefined, names: string[], options: DeleteOptions) =>
      run(io, word, names, options),
    )
}

async function run(
  io: CliIo,
  word: string | undefined,
  given: readonly string[],
  options: DeleteOptions,
): Promise<void> {
  const client = await connect(io, options)
  if (options.filename.length > 0) {
    const manifests = await readManifestFiles(io, options)
    const request = { method: 'DELETE', query: {}, done: 'deleted', suffix: '' } as const
    await sendManifests(io, client, manifests, request)
    return
  }
  if (word === undefined) throw nothingNamed()
  const source = await sourceOf(io, client, word, given, options)
  if (source.names.length === 0) throw nothingNamed()
  const { conclude } = await forEachName(io, source.names, 'deleted', async (name) => {
    await client.send('DELETE', source.itemPath(name))
    io.out(`${objectName({ ...source.of, metadata: { name } })} deleted`)
  })
  conclude()
}

function nothingNamed(): GantryError {
  return new GantryError('BadRequest', 'say what to delete: `gantry delete KIND NAME`, or -f FILE')
}
