import { hasCode } from '../core/errors.ts'
import { type AddCommand, type ServerOptions, connect, withServer } from './context.ts'
import { type OwnFormat, formatDocument, formatOption } from './format-option.ts'

interface VersionOptions extends ServerOptions {
  readonly client?: boolean
  readonly output: 'text' | 'json' | 'yaml' | OwnFormat
}

/** `gantry version [--client]` */
export function addVersion(version: string): AddCommand {
  return (program, io) => {
    withServer(
      program.command('version').description('show the version of this command and of the server'),
    )
      .option('--client', 'only of this command')
      .addOption(formatOption(['text', 'json', 'yaml']).default('text'))
      .action(async (options: VersionOptions) => {
        const server = options.client ? undefined : await serverVersion()
        if (options.output !== 'text') {
          const versions = { kind: 'ComponentVersions', cli: { version }, server }
          io.out(formatDocument(versions, options.output))
          return
        }
        io.out(`gantry ${version}`)
        if (typeof server === 'object' && server !== null && 'version' in server)
          io.out(`server ${String(server.version)}`)

        async function serverVersion(): Promise<unknown> {
          try {
            return await (await connect(io, options)).get('/v1beta1/system/server-version')
          } catch (thrown) {
            // Nobody named one.
            if (hasCode(thrown, 'BadRequest') && thrown.field === undefined) return undefined
            if (!hasCode(thrown, 'Unreachable')) throw thrown
            io.err(thrown.message)
            return undefined
          }
        }
      })
  }
}
