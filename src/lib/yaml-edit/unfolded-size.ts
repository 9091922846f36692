/**
 * How many values a value holds when whatever is shared within it counts each time; infinite for what holds itself.
 * Takes time in proportion to what is there once.
 */
export function unfoldedSize(root: unknown): number {
  const known = new Map<object, number>()
  const sizeOf = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 1
    const size = known.get(value)
    if (size !== undefined) return size
    // Met again before it is known: it holds itself.
    known.set(value, Infinity)
    let sum = 1
    for (const child of Object.values(value)) sum += sizeOf(child)
    known.set(value, sum)
    return sum
  }
  return sizeOf(root)
}
