import { type Command, Option } from 'commander'
import { type CliIo, type ServerOptions, projectPath, requireProject } from './context.ts'

/** Where something lives: in a project, with what all projects share, or with what is the installation's own. */
export interface ScopeOptions extends ServerOptions {
  readonly shared?: boolean
  readonly system?: boolean
}

type Elsewhere = 'shared' | 'system'

const meanings: Readonly<Record<Elsewhere, string>> = {
  shared: 'what all projects share, instead of a project',
  system: "what is the installation's own, instead of a project",
}

/** `--shared` and `--system`, as far as they mean something; neither goes with another or with `--project`. */
export function withScope(command: Command, ...scopes: readonly Elsewhere[]): Command {
  for (const scope of scopes) {
    const others = scopes.filter((other) => other !== scope)
    command.addOption(new Option(`--${scope}`, meanings[scope]).conflicts(['project', ...others]))
  }
  return command
}

/** The same in words, as in `no configmaps found in project demo`. */
export async function scopePlace(io: CliIo, options: ScopeOptions): Promise<string> {
  if (options.shared) return 'among what all projects share'
  if (options.system) return "among what is the installation's own"
  return `in project ${await requireProject(io, options)}`
}

/** `/v1beta1/projects/<name>`, `/v1beta1/shared` or `/v1beta1/system`. Throws BadRequest when none is named. */
export async function scopePath(io: CliIo, options: ScopeOptions): Promise<string> {
  if (options.shared) return '/v1beta1/shared'
  if (options.system) return '/v1beta1/system'
  return projectPath(await requireProject(io, options))
}
