import { Option } from 'commander'
import type { CredentialReport } from '../core/credential-report.ts'
import { errorCodes, GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import {
  type AddCommand,
  connect,
  Exit,
  requireProject,
  type ServerOptions,
  withServer,
} from './context.ts'
import { formatTable } from './output.ts'

interface CheckOptions extends ServerOptions {
  readonly url?: string
  readonly type?: string
  readonly output: 'table' | 'json'
}

/** `gantry check credentials`: which Secret serves which address, and whether it works. Exit code 8 when one does not. */
export const addCheck: AddCommand = (program, io) => {
  const group = program.command('check').description('try what a project depends on')
  withServer(
    group
      .command('credentials')
      .description('try the credentials of a project on every repository that it works with'),
  )
    .option('--url <url>', 'only this address')
    .addOption(
      new Option('--type <type>', 'what the address is, or only addresses of this type').choices([
        'git',
        'image',
        'helm',
      ]),
    )
    .addOption(new Option('-o, --output <format>').choices(['table', 'json']).default('table'))
    .action(async (options: CheckOptions) => {
      const project = await requireProject(io, options)
      const client = await connect(io, options)
      const body = {
        ...(options.url && { url: options.url }),
        ...(options.type && { type: options.type }),
      }
      const path = `/v1beta1/gantry/projects/${encodeURIComponent(project)}/check-credentials`
      const report = await client.send('POST', path, body)
      if (!isReport(report)) throw new GantryError('Internal', 'the server sent no report')
      io.out(options.output === 'json' ? JSON.stringify(report, null, 2) : toText(report))
      if (!report.ok) throw new Exit(errorCodes.NotSucceeded.exit)
    })
}

function isReport(value: unknown): value is CredentialReport {
  return isJsonObject(value) && Array.isArray(value['addresses']) && Array.isArray(value['secrets'])
}

function toText({ addresses, secrets, unknown }: CredentialReport): string {
  const rows = addresses.map((each) => [
    each.type,
    each.url,
    each.secret ?? (each.kind === undefined ? 'anonymous' : 'own identity'),
    [each.kind, each.identity].filter(Boolean).join(': ') || '-',
    each.state,
    each.latencyMs === undefined ? '-' : `${each.latencyMs} ms`,
  ])
  const table = formatTable([['TYPE', 'ADDRESS', 'SECRET', 'AS', 'RESULT', 'TOOK'], ...rows])
  const failures = addresses.flatMap((each) => {
    const users = `  used by ${each.usedBy.join('; ')}`
    return each.state === 'ok' || each.message === undefined
      ? []
      : [`${each.url}: ${each.message}`, users]
  })
  const passedOver = addresses.flatMap(({ url, passedOver: others }) =>
    others.map(({ secret, why }) => `${secret} is passed over for ${url}: ${why}`),
  )
  const unused = secrets.flatMap(({ secret, state, problems }) => [
    ...(state === 'unused' ? [`${secret} is unused`] : []),
    ...problems.map((problem) => `${secret}: ${problem}`),
  ])
  const later = unknown.map((step) => `${step}: its repository is known only when it runs`)
  const notes = [...failures, ...passedOver, ...unused, ...later]
  const lines = rows.length === 0 ? ['nothing here works with a repository'] : [table]
  return [...lines, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')
}
