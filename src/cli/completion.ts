import { type Command, Argument } from 'commander'
import { GantryError } from '../core/errors.ts'
import type { AddCommand } from './context.ts'
import { pluralWords } from './get.ts'

const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
type Shell = (typeof shells)[number]

/** `gantry completion bash|zsh`: a script that has the shell complete commands, flags and kinds. */
export const addCompletion: AddCommand = (program, io) => {
  program
    .command('completion')
    .description('print a script that completes commands, as in `source <(gantry completion bash)`')
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: Shell) => {
      if (shell === 'bash') io.out(bashScript(program))
      else if (shell === 'zsh')
        io.out(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`)
      else
        throw new GantryError(
          'NotSupported',
          `there is no completion for ${shell}: use bash or zsh`,
        )
    })
}

/** What may follow a command, by its path: `/create/role`. */
function candidates(command: Command, path: string): ReadonlyMap<string, readonly string[]> {
  const below = command.commands.flatMap((each) =>
    [each.name(), ...each.aliases()].flatMap((name) => [...candidates(each, `${path}/${name}`)]),
  )
  const flags = command.options.flatMap(({ long, hidden }) => (hidden ? [] : (long ?? [])))
  const takesKind = path === '/get' || path === '/delete'
  const kinds = takesKind ? pluralWords.split(', ') : []
  return new Map([
    [path, [...command.commands.map((each) => each.name()), ...kinds, ...flags]],
    ...below,
  ])
}

/** Names of commands, flags and kinds hold nothing that a shell would read as anything else. */
function bashScript(program: Command): string {
  const table = [...candidates(program, '')]
  const paths = table.map(([path]) => `'${path}'`).filter((path) => path !== "''")
  const cases = table.map(([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`)
  return `_gantry() {
  local at='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
      ${paths.join('|')}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _gantry gantry`
}
