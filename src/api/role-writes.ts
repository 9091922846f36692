import { controllerActor } from '../core/actor.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { RoleBindingKind } from '../core/kinds/role-binding.ts'
import { RoleKind } from '../core/kinds/role.ts'
import { ServiceAccountKind } from '../core/kinds/service-account.ts'
import type { Call } from './operation.ts'
import { type RoleParts, type RoleWish, isManaged, readRole, roleObjects } from './roles.ts'
import { authorizeWrite } from './write-access.ts'

/** One object to be written and what is there now. */
interface Member {
  readonly kind: Kind
  readonly object: KubeObject
  readonly live: KubeObject | undefined
}

/** The Role comes first: admission judges there whether the caller holds what is handed out. */
function membersOf(objects: ReturnType<typeof roleObjects>, live: Partial<RoleParts>): Member[] {
  return [
    { kind: RoleKind, object: objects.role, live: live.roles?.[0] },
    { kind: ServiceAccountKind, object: objects.account, live: live.account },
    { kind: RoleBindingKind, object: objects.binding, live: live.bindings?.[0] },
  ]
}

/** Makes the three objects of a role, or none. Throws AlreadyExists when one of them is there. */
export async function createRole(
  call: Call,
  namespace: string,
  name: string,
  wish: RoleWish,
): Promise<void> {
  const { store } = call.parts
  const members = membersOf(roleObjects(namespace, name, wish), {})
  for (const { kind, object } of members) {
    await authorizeWrite(call, kind, object, 'create')
    if ((await store.get(kind, { namespace, name })) !== undefined) {
      throw new GantryError('AlreadyExists', `${kind.kind} ${namespace}/${name} exists already`)
    }
  }
  await write(call, members)
}

/** Brings a role to what `change` makes of it. Throws BadRequest for one that is not managed as a whole. */
export async function changeRole(
  call: Call,
  namespace: string,
  name: string,
  change: (live: RoleParts) => RoleWish,
): Promise<void> {
  const live = await editableRole(call, namespace, name)
  const members = membersOf(roleObjects(namespace, name, change(live), live), live)
  for (const { kind, object, live: old } of members)
    await authorizeWrite(call, kind, object, old === undefined ? 'create' : 'update')
  await write(call, members)
}

export async function deleteRole(call: Call, namespace: string, name: string): Promise<void> {
  const live = await editableRole(call, namespace, name)
  const members = [
    ...live.bindings.map((object) => ({ kind: RoleBindingKind, object })),
    ...live.roles.map((object) => ({ kind: RoleKind, object })),
    { kind: ServiceAccountKind, object: live.account },
  ]
  for (const { kind, object } of members) await authorizeWrite(call, kind, object, 'delete')
  for (const { kind, object } of members)
    await call.parts.store.delete(
      kind,
      { namespace, name: object.metadata.name },
      { actor: call.actor },
    )
}

async function editableRole(call: Call, namespace: string, name: string): Promise<RoleParts> {
  const live = await readRole(call.parts.store, namespace, name)
  if (isManaged(live)) return live
  throw new GantryError(
    'BadRequest',
    `role ${name} is not managed by Kargo's role API: change its ServiceAccount, Role and RoleBinding instead`,
  )
}

/** What was made or changed before a refusal is taken back, by Gantry itself: the caller may lack the rights for that. */
async function write(call: Call, members: readonly Member[]): Promise<void> {
  const { store } = call.parts
  const options = { actor: call.actor }
  const undo: (() => Promise<unknown>)[] = []
  try {
    for (const { kind, object, live } of members) {
      if (live === undefined) {
        const { metadata } = await store.create(kind, object, options)
        undo.push(() => store.delete(kind, metadata, { actor: self, uid: metadata.uid }))
        continue
      }
      const { resourceVersion } = (await store.update(kind, object, options)).metadata
      const before = { ...live, metadata: { ...live.metadata, resourceVersion } }
      undo.push(() => store.update(kind, before, { actor: self }))
    }
  } catch (thrown) {
    for (const step of undo.reverse())
      await step().catch((failed: unknown) => {
        // Somebody else has changed it since.
        if (!hasCode(failed, 'Conflict', 'NotFound')) throw failed
      })
    throw thrown
  }
}

const self = controllerActor('api')
