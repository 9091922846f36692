import { type Document, LineCounter, parseAllDocuments, visit, YAMLParseError } from 'yaml'
import { GantryError } from '../../core/errors.ts'
import { checkNesting } from '../yaml-nesting.ts'
import { problemAt } from './parse.ts'
import { unfoldedSize } from './unfolded-size.ts'

/** Larger texts take longer to parse than one step may hold up everything else. */
const maxLength = 4 * 1024 * 1024
/** For each alias the library looks through all anchors and aliases; some thousands of them pass. */
const maxLookUps = 50_000_000

/**
 * The first document of a YAML text as JSON, read as Kubernetes reads it (YAML 1.1, dates stay texts, keys become
 * texts). Throws Invalid when it is not YAML, is empty, or its aliases unfold to more than they should.
 */
export function readYaml(source: string, name: string): unknown {
  if (source.length > maxLength) {
    throw new GantryError('TooLarge', `${name} is larger than ${maxLength} characters`)
  }
  checkNesting(source, name)
  const lineCounter = new LineCounter()
  try {
    const parsed = parseAllDocuments(source, {
      version: '1.1',
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter,
      logLevel: 'silent',
      customTags: (tags) =>
        tags.filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':timestamp')),
    })
    const [document] = Array.isArray(parsed) ? parsed : []
    if (document === undefined) throw new GantryError('Invalid', `${name} is empty`)
    const [error] = document.errors
    if (error !== undefined) throw error
    if (lookUps(document) > maxLookUps)
      throw new GantryError('Invalid', `${name} has too many aliases`)
    const value: unknown = document.toJS({ maxAliasCount: 1000 })
    if (unfoldedSize(value) > source.length + 100_000) {
      throw new GantryError('Invalid', `${name} has aliases that stand for too many values`)
    }
    return value
  } catch (cause) {
    if (cause instanceof GantryError) throw cause
    const why =
      cause instanceof YAMLParseError
        ? problemAt(cause, lineCounter)
        : cause instanceof Error
          ? cause.message.split('\n', 1)[0]
          : String(cause)
    throw new GantryError('Invalid', `${name} is not valid YAML: ${why ?? ''}`, { cause })
  }
}

function lookUps(document: Document): number {
  let [anchors, aliases] = [0, 0]
  visit(document, {
    Node(_, node) {
      if ('anchor' in node && node.anchor !== undefined) anchors += 1
    },
    Alias() {
      aliases += 1
    },
  })
  return aliases * (anchors + aliases)
}
