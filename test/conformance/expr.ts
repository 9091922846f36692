import { describeKind } from '../../src/core/expr/describe.ts'
import { callError, evaluate, ExpressionError, FunctionValue } from '../../src/core/expr/index.ts'
import type { Env, Value } from '../../src/core/expr/index.ts'
import { asNumber } from '../../src/core/expr/numeric.ts'
import { jsonEqual } from '../../src/core/json.ts'
import type { Json } from '../../src/core/json.ts'
import { encodeVector } from './encode.ts'

/** What a run over a vector file found. */
export interface ConformanceReport {
  readonly passed: number
  readonly mismatches: readonly Mismatch[]
}

export interface Mismatch {
  readonly input: string
  readonly expected: string
  readonly got: string
}

/** A line of an expression file: the value that must come out, or that it must fail. */
export interface ExprVector {
  readonly expr: string
  readonly value?: Json
  readonly error?: 'compile' | 'run'
}

/** The environment that the vectors were computed with. */
export const vectorEnv: Env = {
  ok: true,
  i: 1n,
  str: 'str',
  f64: 0.5,
  array: [1n, 2n, 3n, 4n, 5n],
  floats: [1, 2.5, 3],
  foo: { Bar: 'foo', n: 3 },
  list: [{ Bar: 'bar' }, { Bar: 'baz' }],
  nil_: null,
  // Go prints a function as its address: these are the addresses in the program that computed the vectors.
  add: new FunctionValue('add', add, '0x58a8e0'),
  greet: new FunctionValue('greet', greet, '0x58a900'),
}

function add(args: readonly Value[]): Value {
  expectCount(args, 2)
  return BigInt.asIntN(64, wholeArg(args[0]) + wholeArg(args[1]))
}

function greet(args: readonly Value[]): Value {
  expectCount(args, 1)
  const [name] = args
  if (name === null) return 'Hello, '
  if (typeof name !== 'string')
    throw callError(`argument must be string, got ${describeKind(name)}`)
  return `Hello, ${name}`
}

function expectCount(args: readonly Value[], count: number): void {
  if (args.length !== count) throw callError(`expected ${count} arguments, got ${args.length}`)
}

/** Go passes the zero value where nil is given. */
function wholeArg(value: Value | undefined): bigint {
  if (value === null) return 0n
  const number = typeof value === 'bigint' ? value : undefined
  if (number === undefined || asNumber(number) === undefined) {
    throw callError(`argument must be int, got ${describeKind(value)}`)
  }
  return number
}

/** The frozen time of vector runs. */
export const vectorNow = Date.UTC(2025, 5, 1, 12, 0, 0)

/** Checks every line of an expression file. */
export function checkExpressions(vectors: readonly ExprVector[]): ConformanceReport {
  const mismatches: Mismatch[] = []
  for (const vector of vectors) {
    const mismatch = checkExpression(vector)
    if (mismatch !== undefined) mismatches.push(mismatch)
  }
  return { passed: vectors.length - mismatches.length, mismatches }
}

function checkExpression(vector: ExprVector): Mismatch | undefined {
  const expected =
    vector.error === undefined ? JSON.stringify(vector.value) : `error (${vector.error})`
  try {
    const got = encodeVector(evaluate(vector.expr, vectorEnv, { now: vectorNow }))
    if (vector.error === undefined && jsonEqual(got, vector.value ?? null)) return undefined
    return { input: vector.expr, expected, got: JSON.stringify(got) }
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) {
      return { input: vector.expr, expected, got: `a foreign error: ${String(thrown)}` }
    }
    if (vector.error !== undefined) return undefined
    return { input: vector.expr, expected, got: `error (${thrown.kind}): ${thrown.reason}` }
  }
}

/** The vectors of a file with one JSON object a line. */
export function readLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): T => JSON.parse(line))
}
