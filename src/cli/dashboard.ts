import { spawn } from 'node:child_process'
import { GantryError } from '../core/errors.ts'
import { type AddCommand, type CliIo, type ServerOptions, connect, withServer } from './context.ts'

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  // Not through a shell, which would read `&` in an address as its own.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** `gantry dashboard`: the page, in a browser. Not signed in: what signs in would be seen in the process list. */
export const addDashboard: AddCommand = (program, io) => {
  withServer(
    program
      .command('dashboard')
      .description('open the page in a browser; `gantry link` prints a link that signs in'),
  ).action(async (options: ServerOptions) => {
    const { url } = await connect(io, options)
    await open(io, url)
    io.out(`opened ${url}`)
  })
}

function open(io: CliIo, url: string): Promise<void> {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, url], { env: io.env, stdio: 'ignore', detached: true })
    child.once('error', (cause) =>
      reject(new GantryError('NotSupported', `cannot start a browser; open ${url}`, { cause })),
    )
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })
}
