import { Option } from 'commander'
import { stringify } from 'yaml'
import { hasCode } from '../core/errors.ts'
import { type AddCommand, type ServerOptions, connect, withServer } from './context.ts'

interface VersionOptions extends ServerOptions {
  readonly client?: boolean
  readonly output: 'text' | 'json' | 'yaml'
}

/** `gantry version [--client]` */
export function addVersion(version: string): AddCommand {
  return (program, io) => {
    withServer(
      program.command('version').description('show the version of this command and of the server'),
    )
      .option('--client', 'only of this command')
      .addOption(
        new Option('-o, --output <format>').choices(['text', 'json', 'yaml']).default('text'),
      )
      .action(async (options: VersionOptions) => {
        const server = options.client ? undefined : await serverVersion()
        if (options.output !== 'text') {
          const versions = { kind: 'ComponentVersions', cli: { version }, server }
          const isJson = options.output === 'json'
          io.out(isJson ? JSON.stringify(versions, null, 2) : stringify(versions).trimEnd())
          return
        }
        io.out(`gantry ${version}`)
        if (typeof server === 'object' && server !== null && 'version' in server)
          io.out(`server ${String(server.version)}`)

        async function serverVersion(): Promise<unknown> {
          try {
            return await (await connect(io, options)).get('/v1beta1/system/server-version')
          } catch (thrown) {
            if (hasCode(thrown, 'Unreachable', 'BadRequest')) return undefined
            throw thrown
          }
        }
      })
  }
}
