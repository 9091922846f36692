import { type Command, Option } from 'commander'
import { GantryError } from '../core/errors.ts'
import { BareFormat } from './format-option.ts'

/** What scripts written for Kargo's command say beside the commands, flags and their spellings that there are here. */

const credentials = 'say which credentials: `repo-credentials`, or `generic-credentials` for others'
const verbs = ['create', 'get', 'update', 'delete']
const words = ['credentials', 'credential', 'creds', 'cred']
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['server', 'there is no command "server": `gantry up` runs the server'],
  ['update freight-alias', 'the alias of Freight is changed by `gantry update freight`'],
  ...verbs.flatMap((verb) =>
    words.map((word): [string, string] => [`${verb} ${word}`, credentials]),
  ),
])

/** Throws BadRequest for a command that Kargo has, or had, and that is another one here. */
export function refuseElsewhere([verb = '', word = '']: readonly string[]): void {
  const sentence = elsewhere.get(verb) ?? elsewhere.get(`${verb} ${word}`)
  if (sentence !== undefined) throw new GantryError('BadRequest', sentence)
}

/** The command and all below it. */
function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)]
}

/** `--template` and its kin, wherever the user may write a format of their own. */
export function takeTemplates(program: Command): void {
  for (const command of commandsOf(program)) {
    const output = command.options.find(({ long }) => long === '--output')
    if (output?.argChoices?.some((choice) => choice.startsWith('jsonpath')) !== true) continue
    const hidden = [
      new Option('--template <text>', 'the template, or its file, of -o jsonpath and its kin'),
      new Option('--allow-missing-template-keys', 'taken: what is not there is printed as nothing'),
      new Option('--show-managed-fields', 'taken: nobody keeps them'),
    ]
    for (const option of hidden) command.addOption(option.hideHelp())
  }
  program.hook('preAction', (_program, command) => {
    const { output, template }: Record<string, unknown> = command.opts()
    if (!(output instanceof BareFormat)) return
    const text = typeof template === 'string' ? template : ''
    command.setOptionValueWithSource('output', output.withTemplate(text), 'cli')
  })
}

const on: ReadonlySet<string> = new Set(['true', 'TRUE', 'True', 't', 'T', '1'])
const off: ReadonlySet<string> = new Set(['false', 'FALSE', 'False', 'f', 'F', '0'])

/**
 * The arguments as they are written here: `--wait=true` is `--wait`, `--wait=false` is left out, and `-p=demo` is
 * `-p demo`.
 */
export function readFlags(program: Command, args: readonly string[]): string[] {
  const options = commandsOf(program).flatMap((command) => command.options)
  const valued = new Set(options.filter(takesValue).flatMap(namesOf))
  const switches = new Set(options.filter((option) => !takesValue(option)).flatMap(namesOf))
  const end = args.indexOf('--')
  return args.flatMap((arg, index) => {
    const [, name = '', value = ''] = /^(--[\w-]+|-\w)=([^]*)$/.exec(arg) ?? []
    const isValue = valued.has(args[index - 1] ?? '') || (end !== -1 && index > end)
    if (isValue) return [arg]
    if (valued.has(name)) return name.startsWith('--') ? [arg] : [name, value]
    if (!switches.has(name)) return [arg]
    if (on.has(value)) return [name]
    return off.has(value) ? [] : [arg]
  })
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional
}

function namesOf({ long, short }: Option): string[] {
  return [long, short].flatMap((name) => name ?? [])
}
