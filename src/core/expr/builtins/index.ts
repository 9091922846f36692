import type { Builtin } from './builtin.ts'
import { listBuiltins } from './lists.ts'
import { mapBuiltins } from './maps.ts'
import { miscBuiltins } from './misc.ts'
import { numberBuiltins } from './numbers.ts'
import { stringBuiltins } from './strings.ts'

/** Every builtin without a predicate. */
export const builtins: ReadonlyMap<string, Builtin> = new Map(
  Object.entries({
    ...stringBuiltins,
    ...numberBuiltins,
    ...listBuiltins,
    ...mapBuiltins,
    ...miscBuiltins,
  }),
)
