import type { Column, KubeObject } from './kind.ts'
import type { Condition } from './shared.ts'

/** Columns that the tables of several kinds share. */

type WithStatus = KubeObject & { status?: { conditions?: Condition[] | undefined } | undefined }

/** The Age column; the value is the time of creation, which commands show as an age. */
export function ageColumn<T extends KubeObject>(): Column<T> {
  return {
    name: 'Age',
    type: 'date',
    jsonPath: '.metadata.creationTimestamp',
    value: (object) => object.metadata.creationTimestamp,
  }
}

/** The Ready column: status of the Ready condition. */
export function readyColumn<T extends WithStatus>(): Column<T> {
  return {
    name: 'Ready',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    value: (object) => condition(object, 'Ready')?.status,
  }
}

/** The Status column: message of the Ready condition. */
export function statusColumn<T extends WithStatus>(): Column<T> {
  return {
    name: 'Status',
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    value: (object) => condition(object, 'Ready')?.message,
  }
}

function condition(object: WithStatus, type: string): Condition | undefined {
  return object.status?.conditions?.find((entry) => entry.type === type)
}
