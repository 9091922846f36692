/**
 * Never backwards by itself: a half-read registry or a lost tag must not become Freight that is older than the last one.
 */

/** What the last Freight of a Warehouse was made of, one entry per subscription in their order. */
export interface LastFreightView<Artifact> {
  /** The Freight's name. */
  readonly name: string
  /** The Warehouse's generation then: a Warehouse that was edited since may go where it likes. */
  readonly generation: number
  readonly artifacts: readonly Artifact[]
}

export interface Regression<Artifact> {
  /** Position of the subscription. */
  readonly index: number
  readonly last: Artifact
  readonly best: Artifact
}

/**
 * The subscriptions whose best artifact now ranks below the one in the last Freight of the same generation.
 *
 * @param rank - positive when the first artifact is the better one by the strategy of the subscription at `index`;
 * undefined when the strategy knows no order between them.
 */
export function findRegressions<Artifact>(
  last: LastFreightView<Artifact> | undefined,
  generation: number,
  best: readonly Artifact[],
  rank: (index: number, a: Artifact, b: Artifact) => number | undefined,
): Regression<Artifact>[] {
  if (last === undefined || last.generation !== generation) return []
  return best.flatMap((artifact, index) => {
    const before = last.artifacts[index]
    if (before === undefined) return []
    return (rank(index, artifact, before) ?? 0) < 0 ? [{ index, last: before, best: artifact }] : []
  })
}
