import type { KubeObject } from '../../core/kinds/kind.ts'
import { labels } from '../../core/kinds/labels.ts'

/** The shard label says what the spec says: without a shard there is no label. */
export function setShardLabel(object: KubeObject, shard: string | undefined): void {
  const { [labels.shard]: _shard, ...others } = object.metadata.labels ?? {}
  const isSet = shard !== undefined && shard !== ''
  object.metadata.labels = isSet ? { ...others, [labels.shard]: shard } : others
}
