import {
  type AddCommand,
  type ServerOptions,
  connect,
  requireProject,
  withServer,
} from './context.ts'
import { abortPromotion } from './promote.ts'

/** `gantry abort PROMOTION` */
export const addAbort: AddCommand = (program, io) => {
  withServer(
    program
      .command('abort')
      .description('abort a Promotion that has not ended')
      .argument('<promotion>'),
  ).action(async (name: string, options: ServerOptions) => {
    await abortPromotion(io, await connect(io, options), await requireProject(io, options), name)
  })
}
