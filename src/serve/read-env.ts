import { GantryError } from '../core/errors.ts'

/** A whole number above 0 of the environment. */
export function toCount(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name]
  if (text === undefined || text === '') return otherwise
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new GantryError(
    'BadRequest',
    `${name} is ${JSON.stringify(text)}: use a whole number above 0`,
  )
}
