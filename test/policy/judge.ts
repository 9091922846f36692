import assert from 'node:assert/strict'
import { mayPromote } from '../../src/core/policy/may-promote.ts'
import type { GateInput } from '../../src/core/policy/may-promote.ts'
import type { Blocker, BlockerCode } from '../../src/core/policy/verdict.ts'
import { sampleInput } from './samples.ts'

/** What blocks the sample input with these changes; none when it is allowed. Each has a sentence. */
export function blockersOf(overrides: Partial<GateInput>): readonly Blocker[] {
  const verdict = mayPromote(sampleInput(overrides))
  if (verdict.allowed) return []
  for (const { message } of verdict.blockers) assert.match(message, /^[a-z][^]{11,}[^.]$/u)
  return verdict.blockers
}

export function codesOf(overrides: Partial<GateInput>): readonly BlockerCode[] {
  return blockersOf(overrides).map(({ code }) => code)
}

/** By which way a gate was passed, and its proof; undefined when it was not. */
export function proofOf(overrides: Partial<GateInput>, gate: string): unknown {
  const { evidence } = mayPromote(sampleInput(overrides))
  const found = evidence.find((each) => each.gate === gate)
  return found === undefined ? undefined : [found.by, found.proof]
}
