import type { Code } from '../frame.ts'
import type { Type } from '../types.ts'
import { Boxed } from '../value.ts'
import type { Value } from '../value.ts'

/** A node with its type and its code. */
export interface Compiled {
  readonly type: Type
  readonly code: Code
  /** Its value, when it is known before running. */
  readonly constant?: Value | undefined
  /** The names of a variable and of members of it, when this is nothing else. */
  readonly path?: readonly string[] | undefined
  /** The two sides of an `and`. */
  readonly both?: readonly [Code, Code] | undefined
  /** It may end the chain that it is in. */
  readonly ends?: boolean | undefined
}

export function literal(type: Type, value: Value): Compiled {
  return { type, constant: value, code: () => value }
}

/** What an optional member of nil gives, up to the end of its chain. */
class Ended extends Boxed {
  readonly typeName = 'nil'
  toJsonValue(): Value {
    return null
  }
  text(): string {
    return '<nil>'
  }
}

export const ended = new Ended()
