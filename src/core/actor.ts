/**
 * Who asks for a write. `id` is the string that ends up in annotations and events: `admin`, `controller:<name>`,
 * `email:<addr>`, `subject:<sub>`, `kubernetes:<user>`.
 */
export interface Actor {
  readonly id: string
  /** Gantry's own parts. A control-plane actor may act for another: then the create-actor annotation it sent is kept. */
  readonly controlPlane: boolean
  /** May do everything: the admin account and Gantry itself. Everyone else is judged by the RBAC objects. */
  readonly superuser: boolean
  /** ServiceAccounts (`<namespace>/<name>`) whose bindings apply to this actor. */
  readonly serviceAccounts?: readonly string[] | undefined
}

/** The actor of a controller: `controller:<name>`. */
export function controllerActor(name: string): Actor {
  return { id: `controller:${name}`, controlPlane: true, superuser: true }
}

export const adminActor: Actor = { id: 'admin', controlPlane: false, superuser: true }

/** Whoever acts as a ServiceAccount: the holder of one of its API tokens. */
export function accountActor(namespace: string, name: string): Actor {
  return {
    id: `kubernetes:system:serviceaccount:${namespace}:${name}`,
    controlPlane: false,
    superuser: false,
    serviceAccounts: [`${namespace}/${name}`],
  }
}
