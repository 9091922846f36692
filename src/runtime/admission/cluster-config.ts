import { type ClusterConfig, ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { checkLinks } from './deep-links.ts'
import { defineAdmission, type Write } from './parts.ts'
import { invalid } from './refuse.ts'
import { checkReceivers } from './webhook-receivers.ts'
import { checkWindows } from './windows.ts'

export const clusterConfigAdmission = defineAdmission({
  kind: ClusterConfigKind,
  admit(write: Write<ClusterConfig>) {
    const { object, isSpecChanged } = write
    if (object.metadata.name !== 'cluster') {
      throw invalid(object, 'metadata.name', 'must be "cluster": there is one ClusterConfig')
    }
    if (!isSpecChanged) return object
    const { gitClient, webhookReceivers, promotionWindows } = object.spec ?? {}
    if (gitClient !== undefined && !/^[^\s@]+@[^\s@]+$/.test(gitClient.email)) {
      throw invalid(object, 'spec.gitClient.email', `"${gitClient.email}" is not an email address`)
    }
    checkReceivers(write, webhookReceivers)
    checkWindows(write, promotionWindows)
    checkLinks(write, object.spec)
    return object
  },
})
