import type { Command } from 'commander'
import { GantryError } from '../core/errors.ts'
import { collect } from './collect.ts'
import { type AddCommand, connect, withServer } from './context.ts'
import { type DataOptions, dataOf } from './given-values.ts'
import { type Noun, configMaps, nouns } from './nouns.ts'
import { type ResultOptions, printResult, withResult } from './result.ts'
import { type ScopeOptions, scopePath, withScope } from './scope.ts'

interface ValuesOptions extends ScopeOptions, ResultOptions, DataOptions {
  readonly unset?: string[]
  readonly description?: string
}

/** What is named values and nothing else: ConfigMaps and generic credentials. */
interface Family {
  readonly noun: Noun
  /** The name of its commands; the noun's other words are aliases. */
  readonly word: string
  readonly title: string
}

const maps: Family = { noun: configMaps, word: 'configmap', title: 'a ConfigMap' }
const credentials: Family = {
  noun: nouns.generic,
  word: 'generic-credentials',
  title: 'generic credentials: values that stay secret',
}

/** `gantry create configmap NAME --set KEY=VALUE` */
export const addCreateConfigMap = creating(maps)
/** `gantry create generic-credentials NAME --set-file KEY=FILE` */
export const addCreateGenericCredentials = creating(credentials)
/** `gantry update configmap NAME --set KEY=VALUE --unset KEY` */
export const addUpdateConfigMap = updating(maps)
/** `gantry update generic-credentials NAME --set-file KEY=FILE --unset KEY` */
export const addUpdateGenericCredentials = updating(credentials)

function creating(family: Family): AddCommand {
  return (group, io) => {
    familyCommand(group, 'create', family).action(async (name: string, options: ValuesOptions) => {
      const data = await dataOf(io, options)
      if (Object.keys(data).length === 0) throw noValues('--set or --set-file')
      const path = `${await scopePath(io, options)}/${family.noun.path}`
      const client = await connect(io, options)
      const { description } = options
      const answer = await client.send('POST', path, { name, data, description })
      printResult(io, answer, 'created', options)
    })
  }
}

function updating(family: Family): AddCommand {
  return (group, io) => {
    familyCommand(group, 'update', family)
      .option('--unset <key>', 'take a key away; repeatable', collect, [])
      .action(async (name: string, options: ValuesOptions) => {
        const data = await dataOf(io, options)
        const { unset: removeKeys = [], description } = options
        if (Object.keys(data).length + removeKeys.length === 0 && description === undefined)
          throw noValues('--set, --set-file, --unset or --description')
        const path = `${await scopePath(io, options)}/${family.noun.path}/${encodeURIComponent(name)}`
        const client = await connect(io, options)
        const answer = await client.send('PATCH', path, { data, removeKeys, description })
        printResult(io, answer, 'updated', options)
      })
  }
}

function familyCommand(group: Command, verb: 'create' | 'update', family: Family): Command {
  const { noun, word, title } = family
  const command = group
    .command(word)
    .aliases(noun.words.filter((each) => each !== word))
    .description(`${verb} ${title}`)
    .argument('<name>')
  return withResult(withScope(withServer(command), ...noun.elsewhere))
    .option('--set <key=value>', 'a value; repeatable', collect, [])
    .option('--set-file <key=file>', 'a value from a file; - is standard input', collect, [])
    .option('--description <text>', 'what it is for')
}

function noValues(flags: string): GantryError {
  return new GantryError('BadRequest', `say what it holds: ${flags}`)
}
