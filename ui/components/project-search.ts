/** What is open in the inspector is part of the address, so a link shows the same thing to everyone. */
export interface ProjectSearch {
  readonly stage?: string
  readonly promotion?: string
  readonly warehouse?: string
  readonly freight?: string
}
