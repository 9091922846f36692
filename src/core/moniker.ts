import { adjectives, animals } from './moniker-words.ts'

/** An alias such as `merry-otter`, drawn from two numbers in [0, 1). */
export function moniker(first: number, second: number): string {
  return `${pick(adjectives, first)}-${pick(animals, second)}`
}

function pick(words: readonly string[], share: number): string {
  return words[Math.min(words.length - 1, Math.floor(share * words.length))] ?? ''
}
