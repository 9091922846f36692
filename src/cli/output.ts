import type { Column, KubeObject } from '../core/kinds/kind.ts'
import { type OwnFormat, formatDocument } from './format-option.ts'
import { printableLine } from './printable.ts'
import type { Table } from './tables.ts'

export const outputFormats = ['table', 'wide', 'yaml', 'json', 'name'] as const
export type OutputFormat = (typeof outputFormats)[number] | OwnFormat

/** Objects as the user asked to see them. One object prints bare, several as a List. */
export function formatObjects(
  table: Table,
  objects: readonly KubeObject[],
  format: OutputFormat,
  options: {
    now: number
    namespaces: boolean
    headers: boolean
    single: boolean
    widths?: ColumnWidths
  },
): string {
  switch (format) {
    case 'name':
      return objects.map(objectName).join('\n')
    case 'table':
    case 'wide':
      return formatTable(objectRows(table, objects, options), options.headers, options.widths)
    default:
      return formatDocument(documentOf(objects, options.single, typeof format !== 'string'), format)
  }
}

/** `stage.kargo.akuity.io/prod`, as kubectl has it. */
export function objectName(object: KubeObject): string {
  const [group, version] = object.apiVersion.split('/')
  const suffix = version === undefined ? '' : `.${group}`
  return `${object.kind.toLowerCase()}${suffix}/${object.metadata.name}`
}

/**
 * The object that was asked for by name, else a List, however many there are. A template finds the only object of a list
 * in either form: Kargo shows it as itself.
 */
function documentOf(
  objects: readonly KubeObject[],
  single: boolean,
  forTemplate: boolean,
): unknown {
  const [first, ...others] = objects
  if (single && first !== undefined) return first
  if (forTemplate && first !== undefined && others.length === 0) return { ...first, items: objects }
  return { apiVersion: 'v1', kind: 'List', items: objects }
}

function objectRows(
  table: Table,
  objects: readonly KubeObject[],
  options: { now: number; namespaces: boolean },
): readonly (readonly string[])[] {
  const columns = table.columns.filter(({ name }) => !['Age', 'Name'].includes(name))
  const withNamespace = options.namespaces && table.namespaced
  const header = [
    ...(withNamespace ? ['PROJECT'] : []),
    'NAME',
    ...columns.map(({ name }) => name.toUpperCase()),
    'AGE',
  ]
  const rows = objects.map((object) => [
    ...(withNamespace ? [object.metadata.namespace ?? ''] : []),
    object.metadata.name,
    ...columns.map((column) => showCell(column, object, options.now)),
    formatAge(table.since?.(object) ?? object.metadata.creationTimestamp, options.now),
  ])
  return [header, ...rows]
}

function showCell(column: Column<KubeObject>, object: KubeObject, now: number): string {
  const value = column.value(object)
  if (value === undefined) return ''
  return column.type === 'date' ? formatAge(String(value), now) : String(value)
}

/** How wide the columns of a table have become, by their number: its later rows stand below its earlier ones. */
export type ColumnWidths = number[]

/** Columns as wide as their widest cell so far, three spaces apart. */
export function formatTable(
  rows: readonly (readonly string[])[],
  headers = true,
  widths: ColumnWidths = [],
): string {
  const shown = (headers ? rows : rows.slice(1)).map((row) => row.map(printableLine))
  for (const row of shown)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
  return shown
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** `3d`, `5h`, `12m`, `8s`: the largest unit that fits. */
export function formatAge(timestamp: string | undefined, now: number): string {
  if (timestamp === undefined) return ''
  const elapsed = Math.max(0, now - Date.parse(timestamp))
  for (const [unit, size] of units)
    if (elapsed >= size) return `${Math.floor(elapsed / size)}${unit}`
  return '0s'
}
