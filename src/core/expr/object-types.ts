import { any, bool, float, int, signature, string } from './types.ts'
import type { ObjectType, Signature, Type } from './types.ts'

/** The named types that builtins give: times, durations, zones, months and week days. */

const named = (
  name: string,
  shape: ObjectType['shape'],
  methods: Readonly<Record<string, Signature>>,
): ObjectType => ({
  kind: 'object',
  name,
  shape,
  fields: {},
  methods,
})

const textMethod = { String: signature([], string) }

const monthType: Type = named('time.Month', 'int', textMethod)
const weekdayType: Type = named('time.Weekday', 'int', textMethod)
export const zoneType: Type = named('*time.Location', 'pointer', textMethod)

const give = (result: Type, ...names: readonly string[]): Record<string, Signature> =>
  Object.fromEntries(names.map((name) => [name, signature([], result)]))

const durationMethods: Record<string, Signature> = {}
export const durationType: Type = named('time.Duration', 'int64', durationMethods)
const timeMethods: Record<string, Signature> = {}
export const timeType: Type = named('time.Time', 'struct', timeMethods)

// Methods give these types again, so the types come first.
Object.assign(durationMethods, {
  ...textMethod,
  ...give(float, 'Hours', 'Minutes', 'Seconds'),
  ...give(int, 'Milliseconds', 'Microseconds', 'Nanoseconds'),
  ...give(durationType, 'Abs'),
  Truncate: signature([durationType], durationType),
  Round: signature([durationType], durationType),
})
Object.assign(timeMethods, {
  ...textMethod,
  ...give(
    int,
    'Unix',
    'UnixMilli',
    'UnixMicro',
    'UnixNano',
    'Year',
    'Day',
    'Hour',
    'Minute',
    'Second',
    'Nanosecond',
    'YearDay',
  ),
  ...give(timeType, 'UTC', 'Local'),
  ...give(bool, 'IsZero'),
  Month: signature([], monthType),
  Weekday: signature([], weekdayType),
  Location: signature([], zoneType),
  Format: signature([string], string),
  Add: signature([durationType], timeType),
  AddDate: signature([int, int, int], timeType),
  Sub: signature([timeType], durationType),
  Truncate: signature([durationType], timeType),
  Round: signature([durationType], timeType),
  Before: signature([timeType], bool),
  After: signature([timeType], bool),
  Equal: signature([timeType], bool),
  Compare: signature([timeType], int),
  In: signature([zoneType], timeType),
})

/** A method of a type; undefined when there is none. */
export function methodOf(type: ObjectType, name: string): Signature | undefined {
  return Object.hasOwn(type.methods, name) ? type.methods[name] : undefined
}

/** The type of a field; undefined when there is none. */
export function fieldOf(type: ObjectType, name: string): Type | undefined {
  return Object.hasOwn(type.fields, name) ? (type.fields[name] ?? any) : undefined
}

export const isTime = (type: Type): boolean => type.kind === 'object' && type.name === 'time.Time'
export const isDuration = (type: Type): boolean =>
  type.kind === 'object' && type.name === 'time.Duration'
