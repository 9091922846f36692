import { isJsonObject, jsonText } from '../core/json.ts'
import { type AddCommand, type ServerOptions, connect, withServer } from './context.ts'

/** `gantry link`: a link that signs a browser in, once. */
export const addLink: AddCommand = (program, io) => {
  withServer(
    program
      .command('link')
      .description('print a link that opens the page, signed in; it works once'),
  ).action(async (options: ServerOptions) => {
    const client = await connect(io, options)
    const answer = await client.send('POST', '/v1beta1/gantry/link')
    io.out(isJsonObject(answer) ? jsonText(answer['url']) : '')
  })
}
