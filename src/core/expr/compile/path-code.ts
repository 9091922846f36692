import { property } from '../access.ts'
import type { Code } from '../frame.ts'
import { ownValue } from '../value.ts'
import type { Value, ValueMap } from '../value.ts'
import { readerOf } from './read-sites.ts'
import type { Reader } from './read-sites.ts'

/** The code of variables and of members with a fixed name: the most frequent of all, so made to be fast. */

/** False for the names that every object has by its prototype: they must be looked up with care. */
function isPlainName(name: string): boolean {
  return !(name in Object.prototype)
}

/** The code of a variable of the environment. */
export function variableCode(name: string): Code {
  if (!isPlainName(name)) return (frame) => ownValue(frame.env, name) ?? null
  const read = readerOf(name)
  return (frame) => read(frame.env) ?? ownValue(frame.env, name) ?? null
}

/** The entry as its reader finds it, or by all the rules where it finds none. */
function readMember(value: Value, name: string, read: Reader): Value {
  if (typeof value === 'object' && value !== null) {
    // What is no map has another constructor, so the reader gives undefined for it.
    const found = read(value as ValueMap)
    if (found !== undefined) return found
  }
  return property(value, name)
}

/** The code of `object.name`. */
export function propertyCode(object: Code, name: string): Code {
  if (!isPlainName(name)) return (frame) => property(object(frame), name)
  const read = readerOf(name)
  return (frame) => readMember(object(frame), name, read)
}

/** The code of a variable's member, and of that one's member: `a.b` and `a.b.c` in one go. Undefined for other paths. */
export function pathCode(names: readonly string[]): Code | undefined {
  const [variable, first, second] = names
  if (variable === undefined || first === undefined || !names.every(isPlainName)) return undefined
  const root = variableCode(variable)
  const readFirst = readerOf(first)
  if (second === undefined) return (frame) => readMember(root(frame), first, readFirst)
  if (names.length > 3) return undefined
  const readSecond = readerOf(second)
  return (frame) => readMember(readMember(root(frame), first, readFirst), second, readSecond)
}
