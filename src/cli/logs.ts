import {
  type AddCommand,
  type ServerOptions,
  connect,
  projectPath,
  requireProject,
  withServer,
} from './context.ts'

interface LogsOptions extends ServerOptions {
  readonly metric?: string
  readonly container?: string
}

/** `gantry logs ANALYSISRUN`: what the server says of the logs of its jobs. */
export const addLogs: AddCommand = (program, io) => {
  withServer(
    program
      .command('logs')
      .description('show the logs of the jobs of an AnalysisRun: not kept by this server')
      .argument('<analysisrun>'),
  )
    .option('--metric <name>', 'which metric')
    .option('--container <name>', 'which container')
    .action(async (name: string, options: LogsOptions) => {
      const query = new URLSearchParams({
        ...(options.metric !== undefined && { metricName: options.metric }),
        ...(options.container !== undefined && { containerName: options.container }),
      })
      const path = projectPath(await requireProject(io, options), 'analysis-runs', name, 'logs')
      const answer = await (await connect(io, options)).get(`${path}?${query}`)
      if (typeof answer === 'string') io.out(answer)
    })
}
