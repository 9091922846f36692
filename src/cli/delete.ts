import { GantryError } from '../core/errors.ts'
import { fromEnv } from '../lib/from-env.ts'
import { collect } from './apply.ts'
import { sendManifests } from './bulk.ts'
import { type AddCommand, type ServerOptions, connect, requireKind, withServer } from './context.ts'
import { objectsPath } from './get.ts'
import { readManifestFiles } from './manifest-files.ts'

interface DeleteOptions extends ServerOptions {
  readonly filename: string[]
  readonly recursive?: boolean
}

/** `gantry delete KIND NAME...` or `gantry delete -f FILE` */
export const addDelete: AddCommand = (program, io) => {
  withServer(
    program
      .command('delete')
      .description('delete objects')
      .argument('[kind]')
      .argument('[name...]'),
  )
    .option('-f, --filename <path>', 'delete the objects of a manifest; repeatable', collect, [])
    .option('-R, --recursive', 'also the folders below a folder')
    .action(async (word: string | undefined, names: string[], options: DeleteOptions) => {
      const client = await connect(io, options)
      if (options.filename.length > 0) {
        const manifests = await readManifestFiles(io, options)
        const request = { method: 'DELETE', query: {}, done: 'deleted', suffix: '' } as const
        await sendManifests(io, client, manifests, request)
        return
      }
      if (word === undefined || names.length === 0) {
        throw new GantryError(
          'BadRequest',
          'say what to delete: `gantry delete KIND NAME`, or -f FILE',
        )
      }
      const kind = requireKind(word)
      const project = kind.namespaced
        ? (options.project ?? fromEnv(io.env, 'GANTRY_PROJECT'))
        : undefined
      for (const name of names) {
        await client.send('DELETE', objectsPath(kind, project, name))
        io.out(`${kind.kind.toLowerCase()}/${name} deleted`)
      }
    })
}
