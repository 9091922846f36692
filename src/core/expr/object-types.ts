import { any, bool, float, int, signature, string } from './types.ts'
import type { ObjectType, Signature, Type } from './types.ts'

/** The named types that builtins give: times, durations, zones, months and week days. */

const named = (name: string, shape: ObjectType['shape'], methods: Readonly<Record<string, Signature>>): ObjectType => ({
  kind: 'object',
  name,
  shape,
  fields: {},
  methods,
})

const textMethod = { String: signature([], string) }

export const monthType: Type = named('time.Month', 'int', textMethod)
export const weekdayType: Type = named('time.Weekday', 'int', textMethod)
export const zoneType: Type = named('*time.Location', 'pointer', textMethod)

const give = (result: Type, ...names: readonly string[]): Record<string, Signature> =>
  Object.fromEntries(names.map((name) => [name, signature([], result)]))

const durationShape = named('time.Duration', 'int64', {})

export const durationType: Type = {
  ...durationShape,
  methods: {
    ...textMethod,
    ...give(float, 'Hours', 'Minutes', 'Seconds'),
    ...give(int, 'Milliseconds', 'Microseconds', 'Nanoseconds'),
    ...give(durationShape, 'Abs'),
    Truncate: signature([durationShape], durationShape),
    Round: signature([durationShape], durationShape),
  },
}

const timeShape = named('time.Time', 'struct', {})

export const timeType: Type = {
  ...timeShape,
  methods: {
    ...textMethod,
    ...give(int, 'Unix', 'UnixMilli', 'UnixMicro', 'UnixNano', 'Year', 'Day', 'Hour', 'Minute', 'Second', 'Nanosecond', 'YearDay'),
    ...give(timeShape, 'UTC', 'Local'),
    ...give(bool, 'IsZero'),
    Month: signature([], monthType),
    Weekday: signature([], weekdayType),
    Location: signature([], zoneType),
    Format: signature([string], string),
    Add: signature([durationShape], timeShape),
    AddDate: signature([int, int, int], timeShape),
    Sub: signature([timeShape], durationShape),
    Truncate: signature([durationShape], timeShape),
    Round: signature([durationShape], timeShape),
    Before: signature([timeShape], bool),
    After: signature([timeShape], bool),
    Equal: signature([timeShape], bool),
    Compare: signature([timeShape], int),
    In: signature([zoneType], timeShape),
  },
}

const byName: Readonly<Record<string, Type>> = { 'time.Time': timeType, 'time.Duration': durationType }

/** A method of a type; results of the same named types have their methods too. */
export function methodOf(type: ObjectType, name: string): Signature | undefined {
  const full = Object.hasOwn(byName, type.name) ? byName[type.name] : undefined
  const methods = full?.kind === 'object' ? full.methods : type.methods
  return Object.hasOwn(methods, name) ? methods[name] : undefined
}

/** The type of a field; undefined when there is none. */
export function fieldOf(type: ObjectType, name: string): Type | undefined {
  return Object.hasOwn(type.fields, name) ? (type.fields[name] ?? any) : undefined
}

export const isTime = (type: Type): boolean => type.kind === 'object' && type.name === 'time.Time'
export const isDuration = (type: Type): boolean => type.kind === 'object' && type.name === 'time.Duration'
