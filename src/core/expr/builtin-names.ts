/** Builtins that take a predicate: how many arguments they need, and how many may follow the predicate. */
const predicateShapes: ReadonlyMap<string, { readonly required: number; readonly tail: number }> =
  new Map([
    ['all', { required: 2, tail: 0 }],
    ['none', { required: 2, tail: 0 }],
    ['any', { required: 2, tail: 0 }],
    ['one', { required: 2, tail: 0 }],
    ['filter', { required: 2, tail: 0 }],
    ['map', { required: 2, tail: 0 }],
    ['find', { required: 2, tail: 0 }],
    ['findIndex', { required: 2, tail: 0 }],
    ['findLast', { required: 2, tail: 0 }],
    ['findLastIndex', { required: 2, tail: 0 }],
    ['groupBy', { required: 2, tail: 0 }],
    ['count', { required: 1, tail: 0 }],
    ['sum', { required: 1, tail: 0 }],
    ['sortBy', { required: 2, tail: 1 }],
    ['reduce', { required: 2, tail: 1 }],
  ])

const plainBuiltins: ReadonlySet<string> = new Set(
  (
    'len type abs ceil floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace ' +
    'repeat join indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now ' +
    'duration date timezone first last get take keys values toPairs fromPairs reverse uniq concat flatten sort ' +
    'bitand bitor bitxor bitnand bitshl bitshr bitushr bitnot'
  ).split(' '),
)

export function predicateShape(
  name: string,
): { readonly required: number; readonly tail: number } | undefined {
  return predicateShapes.get(name)
}

export function isBuiltin(name: string): boolean {
  return plainBuiltins.has(name) || predicateShapes.has(name)
}

export const builtinNames: readonly string[] = [...predicateShapes.keys(), ...plainBuiltins]
