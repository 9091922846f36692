import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accountActor, adminActor } from '../../core/actor.ts'
import { createAuthorizer } from '../authorizer.ts'
import {
  assertRefused,
  createDemoHome,
  type Home,
  manifest,
  userActor,
} from '../../../test/admission-kit.ts'

const dev = userActor('dev')
const stages = (...verbs: string[]): object => ({
  apiGroups: ['kargo.akuity.io'],
  resources: ['stages'],
  verbs,
})
const rbac = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['*'] }

/** Gives `dev` these rules in the Project `demo`. */
async function give(home: Home, ...rules: object[]): Promise<void> {
  await home.create(manifest('Role', 'given', { rules }))
  const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: 'demo' }]
  const roleRef = { kind: 'Role', name: 'given' }
  await home.create(manifest('RoleBinding', 'given', { roleRef, subjects }))
}

describe('admission of RBAC objects', () => {
  it('lets nobody give by a role what they do not have', async () => {
    const home = await createDemoHome()
    await give(home, stages('get', 'list'), rbac)
    const role = (...rules: object[]): object => manifest('Role', 'r', { rules })
    await assertRefused(home.create(role(stages('get', 'promote')), dev), 'Forbidden')
    await assertRefused(home.create(role(stages('*')), dev), 'Forbidden')
    await home.create(role(stages('get')), dev)
    await assertRefused(home.update(role(stages('promote')), dev), 'Forbidden')
    const cluster = manifest('ClusterRole', 'r', { rules: [stages('get')] })
    await assertRefused(home.create(cluster, dev), 'Forbidden')
    const sum = manifest('ClusterRole', 's', { aggregationRule: { clusterRoleSelectors: [{}] } })
    await assertRefused(home.create(sum, dev), 'Forbidden')
  })

  it('lets nobody add a cluster role that gives more than they have to a sum', async () => {
    const home = await createDemoHome()
    const summing = [stages('get'), { ...rbac, resources: ['clusterroles'] }]
    await home.create(manifest('ClusterRole', 'summing', { rules: summing }))
    const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: 'demo' }]
    const roleRef = { kind: 'ClusterRole', name: 'summing' }
    await home.create(manifest('ClusterRoleBinding', 'summing', { roleRef, subjects }))
    const labelled = (name: string, verb: string): object => {
      const base = manifest('ClusterRole', name, { rules: [stages(verb)] })
      return { ...base, metadata: { ...base.metadata, labels: { sum: 'yes' } } }
    }
    const holder = accountActor('demo', 'dev')
    for (const [name, verb] of [
      ['big', 'promote'],
      ['small', 'get'],
    ] as const)
      await home.create(manifest('ClusterRole', name, { rules: [stages(verb)] }))
    await assertRefused(home.update(labelled('big', 'promote'), holder), 'Forbidden')
    await home.update(labelled('small', 'get'), holder)
  })

  it('lets nobody bind a role that gives more than they have, or that does not exist', async () => {
    const home = await createDemoHome()
    await give(home, stages('get'), rbac)
    await home.create(manifest('ClusterRole', 'small', { rules: [stages('get')] }))
    await home.create(manifest('ClusterRole', 'big', { rules: [stages('get', 'promote')] }))
    const binding = (name: string): object =>
      manifest('RoleBinding', name, { roleRef: { kind: 'ClusterRole', name }, subjects: [] })
    await assertRefused(home.create(binding('big'), dev), 'Forbidden')
    await assertRefused(home.create(binding('gone'), dev), 'Forbidden')
    await home.create(binding('small'), dev)
    await home.create(binding('gone'))
  })

  it('never changes the role of a binding', async () => {
    const home = await createDemoHome()
    await give(home)
    const other = manifest('RoleBinding', 'given', { roleRef: { kind: 'Role', name: 'x' } })
    await assertRefused(home.update(other), 'Invalid', 'roleRef')
  })

  it('lets nobody map users to an account that has more rights than they', async () => {
    const home = await createDemoHome()
    await give(home, stages('get'))
    const rules = [stages('promote')]
    await home.create(manifest('Role', 'strong', { rules }))
    const subjects = [{ kind: 'ServiceAccount', name: 'strong', namespace: 'demo' }]
    const roleRef = { kind: 'Role', name: 'strong' }
    await home.create(manifest('RoleBinding', 'strong', { roleRef, subjects }))
    const account = (name: string): object => {
      const base = manifest('ServiceAccount', name, {})
      const annotations = { 'rbac.kargo.akuity.io/claims': '{"email":["dev@example.com"]}' }
      return { ...base, metadata: { ...base.metadata, annotations } }
    }
    await assertRefused(home.create(account('strong'), dev), 'Forbidden')
    await home.create(account('weak'), dev)
    await home.create(account('strong'))
    // Who it is mapped to does not change.
    const base = manifest('ServiceAccount', 'strong', {})
    const { annotations } = (await home.update(account('strong'))).object.metadata
    const labelled = { ...base.metadata, annotations: annotations ?? {}, labels: { a: 'b' } }
    await home.update({ ...base, metadata: labelled }, dev)
  })
})

describe('the authorizer', () => {
  it('lets superusers do everything and strangers nothing', async () => {
    const { store } = await createDemoHome()
    const { authorize } = createAuthorizer({ globalNamespaces: [] })
    const request = { verb: 'get', group: '', resource: 'secrets', namespace: 'demo' }
    assert.equal(await authorize(adminActor, request, store), true)
    assert.equal(await authorize(dev, request, store), false)
  })

  it('adds up roles, cluster roles and sums of cluster roles', async () => {
    const home = await createDemoHome()
    await give(home, stages('get'))
    const withLabel = manifest('ClusterRole', 'part', { rules: [stages('list')] })
    await home.create({ ...withLabel, metadata: { name: 'part', labels: { sum: 'yes' } } })
    const clusterRoleSelectors = [{ matchLabels: { sum: 'yes' } }]
    await home.create(manifest('ClusterRole', 'sum', { aggregationRule: { clusterRoleSelectors } }))
    const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: 'demo' }]
    const roleRef = { kind: 'ClusterRole', name: 'sum' }
    await home.create(manifest('ClusterRoleBinding', 'sum', { roleRef, subjects }))
    const { authorize } = createAuthorizer({ globalNamespaces: [] })
    const may = (verb: string, namespace: string): Promise<boolean> =>
      authorize(dev, { verb, group: 'kargo.akuity.io', resource: 'stages', namespace }, home.store)
    assert.deepEqual([await may('get', 'demo'), await may('list', 'demo')], [true, true])
    assert.deepEqual([await may('watch', 'demo'), await may('get', 'other')], [false, false])
  })

  it('counts accounts of global namespaces everywhere, and of a Project for the Project itself', async () => {
    const home = await createDemoHome()
    const projects = { apiGroups: ['kargo.akuity.io'], resources: ['projects'], verbs: ['update'] }
    const rules = [{ ...projects, resourceNames: ['demo'] }, stages('get')]
    await home.create(manifest('ClusterRole', 'r', { rules }))
    const subjects = [
      { kind: 'ServiceAccount', name: 'dev', namespace: 'demo' },
      { kind: 'ServiceAccount', name: 'ops', namespace: 'gantry' },
    ]
    const roleRef = { kind: 'ClusterRole', name: 'r' }
    await home.create(manifest('ClusterRoleBinding', 'r', { roleRef, subjects }))
    const { authorize } = createAuthorizer({ globalNamespaces: ['gantry'] })
    const update = { verb: 'update', group: 'kargo.akuity.io', resource: 'projects' }
    const see = { verb: 'get', group: 'kargo.akuity.io', resource: 'stages', namespace: 'other' }
    const ops = { ...dev, serviceAccounts: ['gantry/ops'] }
    assert.equal(await authorize(dev, { ...update, name: 'demo' }, home.store), true)
    assert.equal(await authorize(dev, { ...update, name: 'other' }, home.store), false)
    assert.equal(await authorize(dev, see, home.store), false)
    assert.equal(await authorize(ops, see, home.store), true)
  })

  it('counts no binding of any namespace where the namespace is empty', async () => {
    const home = await createDemoHome()
    await home.create(manifest('ClusterRole', 'r', { rules: [stages('list')] }))
    const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: 'demo' }]
    await home.create(
      manifest('RoleBinding', 'r', { roleRef: { kind: 'ClusterRole', name: 'r' }, subjects }),
    )
    const { authorize } = createAuthorizer({ globalNamespaces: [] })
    const may = (namespace: string): Promise<boolean> => {
      const request = { verb: 'list', group: 'kargo.akuity.io', resource: 'stages', namespace }
      return authorize(accountActor('demo', 'dev'), request, home.store)
    }
    assert.deepEqual([await may('demo'), await may('')], [true, false])
  })

  it('knows Kubernetes users by their names', async () => {
    const home = await createDemoHome()
    await home.create(manifest('Role', 'r', { rules: [stages('get')] }))
    const subjects = [{ kind: 'User', name: 'ann' }]
    const roleRef = { kind: 'Role', name: 'r' }
    await home.create(manifest('RoleBinding', 'r', { roleRef, subjects }))
    const { authorize } = createAuthorizer({ globalNamespaces: [] })
    const request = { verb: 'get', group: 'kargo.akuity.io', resource: 'stages', namespace: 'demo' }
    const ann = { id: 'kubernetes:ann', controlPlane: false, superuser: false }
    assert.equal(await authorize(ann, request, home.store), true)
    assert.equal(await authorize({ ...ann, id: 'kubernetes:bob' }, request, home.store), false)
  })
})
