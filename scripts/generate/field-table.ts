import type { SchemaNode } from './json-schema.ts'

interface Row {
  readonly path: string
  readonly node: SchemaNode
  readonly required: boolean
}

/** A markdown table of every field below a node: path, type, what it is for. */
export function fieldTable(root: SchemaNode, start = ''): string {
  const rows = rowsOf(root, start)
  if (rows.length === 0) return 'It has no fields.\n'
  return [
    '| Field | Type | Description |',
    '| --- | --- | --- |',
    ...rows.map(({ path, node, required }) => {
      const text = [stopped(node.description ?? ''), ...factsOf(node, required)].filter(
        (part) => part !== '',
      )
      return `| \`${path}\` | ${typeName(node)} | ${escape(text.join(' '))} |`
    }),
    '',
  ].join('\n')
}

function rowsOf(node: SchemaNode, path: string): Row[] {
  if (node.k8s?.preserveUnknown === true) return []
  if (node.items !== undefined) return rowsOf(node.items, `${path}[]`)
  if (typeof node.additionalProperties === 'object' && node.properties === undefined) {
    return rowsOf(node.additionalProperties, `${path}.<key>`)
  }
  const branches = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}.${name}`
    const required = node.required?.includes(name) === true && child.k8s?.optional !== true
    return [{ path: at, node: child, required }, ...rowsOf(child, at)]
  })
  const seen = new Set(own.map((row) => row.path))
  const others = branches
    .flatMap((branch) => rowsOf(branch, path))
    .filter((row) => !seen.has(row.path) && seen.add(row.path))
  return [...own, ...others]
}

function factsOf(node: SchemaNode, required: boolean): string[] {
  const values = node.enum?.filter((value) => value !== '') ?? []
  const fallback = node.default ?? node.k8s?.default
  const { minimum, maximum, minItems, maxItems } = node
  return [
    required ? 'Required.' : '',
    values.length > 1 ? `One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.` : '',
    fallback === undefined || fallback === '' ? '' : `Default: \`${JSON.stringify(fallback)}\`.`,
    minimum === undefined ? '' : `At least ${minimum}.`,
    maximum === undefined ? '' : `At most ${maximum}.`,
    minItems === undefined ? '' : `At least ${minItems} ${minItems === 1 ? 'entry' : 'entries'}.`,
    maxItems === undefined ? '' : `At most ${maxItems} entries.`,
    ...(node.k8s?.validations ?? []).map(({ message }) => `${sentence(message)}.`),
  ]
}

function typeName(node: SchemaNode): string {
  if (node.k8s?.intOrString === true) return 'integer or string'
  if (node.k8s?.preserveUnknown === true) return node.type === 'object' ? 'object' : 'any'
  if (node.items !== undefined) return `list of ${typeName(node.items)}`
  if (typeof node.additionalProperties === 'object' && node.properties === undefined) {
    return `map of ${typeName(node.additionalProperties)}`
  }
  if (node.type !== undefined) return node.type
  const branches = [...(node.anyOf ?? []), ...(node.oneOf ?? [])]
  return branches.length === 0 ? 'any' : [...new Set(branches.map(typeName))].join(' or ')
}

/** Descriptions of plugins may lack the full stop. */
function stopped(text: string): string {
  return text === '' || /[.:!?]$/.test(text) ? text : `${text}.`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
