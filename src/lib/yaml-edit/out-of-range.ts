import { GantryError } from '../../core/errors.ts'

/** A position that a list does not have: no retry will find it. */
export class OutOfRange extends GantryError {
  constructor(message: string) {
    super('Invalid', message)
  }
}
