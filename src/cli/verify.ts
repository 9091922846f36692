import {
  type AddCommand,
  type ServerOptions,
  connect,
  projectPath,
  requireProject,
  withServer,
} from './context.ts'

/** `gantry verify stage NAME [--abort]` */
export const addVerify: AddCommand = (program, io) => {
  const group = program.command('verify').description('verify what is in a Stage again')
  withServer(
    group
      .command('stage')
      .description('verify the Freight that is in a Stage again, or end its verification')
      .argument('<name>'),
  )
    .option('--abort', 'end the verification that runs')
    .action(async (name: string, options: ServerOptions & { abort?: boolean }) => {
      const path = projectPath(await requireProject(io, options), 'stages', name, 'verification')
      const client = await connect(io, options)
      await client.send('POST', options.abort ? `${path}/abort` : path)
      const request = options.abort ? 'end its verification' : 'verify again'
      io.out(`stage.kargo.akuity.io/${name} asked to ${request}`)
    })
}
