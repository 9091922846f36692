import { compareVersions, parseLoose } from '../core/semver/index.ts'

/** Versions by precedence; anything that is no version comes before all of them, by bytes. */
export function compareLoosely(a: string, b: string): number {
  const left = parseLoose(a)
  const right = parseLoose(b)
  if (left !== undefined && right !== undefined) return compareVersions(left, right)
  if (left === undefined && right === undefined) return a < b ? -1 : Number(a > b)
  return left === undefined ? -1 : 1
}
