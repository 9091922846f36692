import { GantryError } from '../core/errors.ts'
import type { Call } from './operation.ts'

/** A parameter that is a whole number from 0 on; undefined when it is absent. Throws BadRequest for anything else. */
export function countIn({ query }: Pick<Call, 'query'>, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new GantryError('BadRequest', `${name} is ${JSON.stringify(text)}: use a whole number`, {
    field: name,
  })
}
