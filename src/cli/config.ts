import { GantryError } from '../core/errors.ts'
import { mask } from '../core/redact.ts'
import type { AddCommand } from './context.ts'
import { type OwnFormat, formatDocument, formatOption } from './format-option.ts'
import { changeSettings, readSettings } from './settings.ts'

interface ViewOptions {
  readonly raw?: boolean
  readonly output: 'yaml' | 'json' | OwnFormat
}

/** `gantry config`: what the commands remember. */
export const addConfig: AddCommand = (program, io) => {
  const group = program.command('config').description('what the commands remember')
  group
    .command('view')
    .description('show servers and project; tokens are masked')
    .option('--raw', 'with the tokens')
    .addOption(formatOption(['yaml', 'json']).default('yaml'))
    .action(async ({ raw, output }: ViewOptions) => {
      const { current, project, tokens, insecure } = await readSettings(io.env)
      const shown = (url: string): object => {
        const token = tokens[url]
        return {
          ...(token !== undefined && { bearerToken: raw ? token : mask }),
          ...(insecure.includes(url) && { insecureSkipTLSVerify: true }),
        }
      }
      const urls = [
        ...new Set([...Object.keys(tokens), ...(current === undefined ? [] : [current])]),
      ]
      const view = {
        kind: 'CLIConfig',
        ...(current !== undefined && { apiAddress: current, ...shown(current) }),
        ...(project !== undefined && { project }),
        servers: urls.map((url) => ({ apiAddress: url, ...shown(url) })),
      }
      io.out(formatDocument(view, output))
    })
  group
    .command('get-project')
    .description('show the project that commands are about when none is named')
    .action(async () => {
      const { project } = await readSettings(io.env)
      if (project !== undefined) io.out(project)
      else io.err('no project is set; set one with `gantry config set-project NAME`')
    })
  group
    .command('set-project')
    .description('set the project that commands are about when none is named; "" for none')
    .argument('<name>')
    .action(async (text: string) => {
      const project = text.trim().toLowerCase() || undefined
      await changeSettings(io.env, (settings) => ({ ...settings, project }))
      io.out(project === undefined ? 'no project is set' : `project ${project} is set`)
    })
  group
    .command('use-server')
    .description('talk to another server that was started or signed in to')
    .argument('<url>')
    .action(async (text: string) => {
      const url = text.replace(/\/+$/, '')
      const { tokens } = await readSettings(io.env)
      if (!Object.hasOwn(tokens, url)) {
        const known = Object.keys(tokens).join(', ') || 'none'
        throw new GantryError('NotFound', `${url} is not known; servers: ${known}`)
      }
      await changeSettings(io.env, (settings) => ({ ...settings, current: url }))
      io.out(`commands talk to ${url}`)
    })
}
