import { readFileSync } from 'node:fs'
import { Option } from 'commander'
import { stringify } from 'yaml'
import { GantryError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { type JsonPathTemplate, compileJsonPath } from '../core/json-path/index.ts'
import { reasonOf } from './client.ts'

/** A format that the user wrote themselves: `jsonpath=TEMPLATE` and its like. */
export interface OwnFormat {
  print(document: Json): string
}

/** `-o` with these words, or with a JSONPath template. */
export function formatOption(words: readonly string[], description?: string): Option {
  const own = ['jsonpath=TEMPLATE', 'jsonpath-file=FILE', 'jsonpath-as-json=TEMPLATE']
  return new Option('-o, --output <format>', description)
    .choices([...words, ...own])
    .argParser((text) => (words.includes(text) ? text : ownFormat(text, [...words, ...own])))
}

/** A format whose template is a flag of its own: `-o jsonpath --template TEMPLATE`. */
export class BareFormat implements OwnFormat {
  readonly #name: string
  readonly #known: readonly string[]

  constructor(name: string, known: readonly string[]) {
    this.#name = name
    this.#known = known
  }

  withTemplate(template: string): OwnFormat {
    if (template === '') throw noFormat(this.#name, this.#known)
    return ownFormat(`${this.#name}=${template}`, this.#known)
  }

  print(): string {
    throw noFormat(this.#name, this.#known)
  }
}

function ownFormat(text: string, known: readonly string[]): OwnFormat {
  const [, name, value = ''] = /^([a-z-]+)(?:=([^]*))?$/.exec(text) ?? []
  if (value !== '' && name === 'jsonpath') return compileJsonPath(value)
  if (value !== '' && name === 'jsonpath-file') return compileJsonPath(readTemplate(value))
  if (value !== '' && name === 'jsonpath-as-json') return asJson(compileJsonPath(value))
  if (['jsonpath', 'jsonpath-file', 'jsonpath-as-json'].includes(text))
    return new BareFormat(text, known)
  throw noFormat(text, known)
}

function noFormat(text: string, known: readonly string[]): GantryError {
  const hint = text.includes('template') ? ' (Go templates are not supported)' : ''
  return new GantryError(
    'BadRequest',
    `there is no output format ${JSON.stringify(text)}${hint}; there are ${known.join(', ')}`,
    { field: 'output' },
  )
}

function asJson({ find }: JsonPathTemplate): OwnFormat {
  return { print: (document) => JSON.stringify(find(document), null, 2) }
}

function readTemplate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new GantryError('BadRequest', `cannot read ${path}: ${reasonOf(thrown)}`)
  }
}

/** A document as the user asked to see it. */
export function formatDocument(value: unknown, format: 'json' | 'yaml' | OwnFormat): string {
  if (format === 'json') return JSON.stringify(value, null, 2)
  if (format === 'yaml') return stringify(value, { lineWidth: 0 }).trimEnd()
  return format.print(JSON.parse(JSON.stringify(value)))
}
