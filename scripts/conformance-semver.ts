// Checks core/semver against a file of facts: versions, a sorted list, constraints with the versions that they accept.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import {
  compareVersions,
  matches,
  parseConstraint,
  parseLoose,
  parseStrict,
  type Constraint,
  type Version,
} from '../src/core/semver/index.ts'

const vectors = z.object({
  versions: z
    .array(
      z.object({
        version: z.string(),
        loose: z.string().optional(),
        strict: z.string().optional(),
        looseValid: z.boolean(),
        strictValid: z.boolean(),
      }),
    )
    .default([]),
  sortedAscendingStable: z.array(z.string()).default([]),
  constraints: z
    .array(
      z.object({
        constraint: z.string(),
        valid: z.boolean(),
        matches: z.array(z.string()).nullish(),
        /** Only these versions are asked; absent: all loose-valid ones of the file. */
        of: z.array(z.string()).optional(),
      }),
    )
    .default([]),
})

export interface Mismatch {
  readonly subject: string
  readonly expected: string
  readonly got: string
}

export interface ConformanceReport {
  readonly passed: number
  readonly mismatches: readonly Mismatch[]
}

/** Runs every vector of the file. One check per parsed version, per (constraint, version) pair and per sorted place. */
export function runSemverConformance(file: string): ConformanceReport {
  const facts = vectors.parse(JSON.parse(readFileSync(file, 'utf8')))
  const mismatches: Mismatch[] = []
  let passed = 0
  const check = (subject: string, expected: unknown, got: unknown): void => {
    if (expected === got) passed += 1
    else mismatches.push({ subject, expected: String(expected), got: String(got) })
  }

  const loose: Version[] = []
  for (const fact of facts.versions) {
    const parsed = parseLoose(fact.version)
    if (parsed !== undefined) loose.push(parsed)
    check(`loose ${fact.version}`, fact.looseValid ? fact.loose : undefined, parsed?.toString())
    const strict = parseStrict(fact.version)?.toString()
    check(`strict ${fact.version}`, fact.strictValid ? fact.strict : undefined, strict)
  }

  for (const { constraint, valid, matches: accepted, of } of facts.constraints) {
    const parsed = tryParse(constraint)
    check(`constraint ${constraint}`, valid ? 'valid' : 'error', parsed ? 'valid' : 'error')
    if (!valid || parsed === undefined) continue
    const expected = new Set(accepted)
    for (const version of of?.map(mustParse) ?? loose) {
      const subject = `${constraint} on ${version.original}`
      check(subject, expected.has(version.original), matches(parsed, version))
    }
  }

  const sorted = facts.sortedAscendingStable
  for (const [index, text] of sorted.entries()) {
    const previous = sorted[index - 1]
    if (previous === undefined) continue
    const order = mustParse(previous).compare(mustParse(text))
    check(`order ${previous}, ${text}`, true, order <= 0)
  }
  // The file's own versions in the file's order show that the sort is stable; a list of its own is sorted from reverse.
  const unsorted = sorted.length === loose.length ? loose : sorted.map(mustParse).toReversed()
  const mine = unsorted.toSorted((a, b) => a.compare(b))
  check('stable sort', sorted.join(' '), mine.map((version) => version.original).join(' '))
  const total = mine.toSorted(compareVersions)
  check(
    'total order refines precedence',
    true,
    total.every((version, index) => {
      const before = total[index - 1]
      return before === undefined || before.compare(version) <= 0
    }),
  )
  return { passed, mismatches }
}

function mustParse(text: string): Version {
  const version = parseLoose(text)
  if (version === undefined)
    throw new Error(`the file counts ${text} as a version; it does not parse`)
  return version
}

function tryParse(text: string): Constraint | undefined {
  try {
    return parseConstraint(text)
  } catch {
    return undefined
  }
}

/** The command's part: prints each mismatch and the totals; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [file = ''] = args
  if (file === '') {
    process.stderr.write('usage: npm run conformance -- semver FILE\n')
    return 2
  }
  const { passed, mismatches } = runSemverConformance(file)
  for (const { subject, expected, got } of mismatches)
    process.stdout.write(`${subject}\n  expected ${expected}\n  got      ${got}\n`)
  process.stdout.write(`${passed} passed, ${mismatches.length} failed\n`)
  return mismatches.length === 0 ? 0 : 1
}
