import { property } from '../access.ts'
import type { Code } from '../frame.ts'
import { ownValue } from '../value.ts'
import type { Value, ValueMap } from '../value.ts'

/** The code of variables and of members with a fixed name: the most frequent of all, so made to be fast. */

/** False for the names that every object has by its prototype: they must be looked up with care. */
function isPlainName(name: string): boolean {
  return !(name in Object.prototype)
}

/** The code of a variable of the environment. */
export function variableCode(name: string): Code {
  if (isPlainName(name)) return (frame) => frame.env[name] ?? null
  return (frame) => ownValue(frame.env, name) ?? null
}

/**
 * True for objects whose properties are nothing but entries: what JSON gives. A map with an entry called `constructor`
 * is not taken for one, which only costs time.
 */
function isPlainMap(value: Value): value is ValueMap {
  return typeof value === 'object' && value !== null && value.constructor === Object
}

/** The code of `object.name`. */
export function propertyCode(object: Code, name: string): Code {
  if (!isPlainName(name)) return (frame) => property(object(frame), name)
  return (frame) => {
    const value = object(frame)
    return isPlainMap(value) ? (value[name] ?? null) : property(value, name)
  }
}

/** The code of a variable's member, and of that one's member: `a.b` and `a.b.c` in one go. Undefined for other paths. */
export function pathCode(names: readonly string[]): Code | undefined {
  if (!names.every(isPlainName)) return undefined
  const [variable = '', first = '', second = ''] = names
  if (names.length === 2) {
    return (frame) => {
      const value = frame.env[variable] ?? null
      return isPlainMap(value) ? (value[first] ?? null) : property(value, first)
    }
  }
  if (names.length !== 3) return undefined
  return (frame) => {
    const value = frame.env[variable] ?? null
    const member = isPlainMap(value) ? (value[first] ?? null) : property(value, first)
    return isPlainMap(member) ? (member[second] ?? null) : property(member, second)
  }
}
