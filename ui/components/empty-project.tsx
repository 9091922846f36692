/** A Project without anything in it: the lines that make the first Warehouse. */
export function EmptyProject({ project }: { project: string }) {
  return (
    <div className="max-w-2xl p-6">
      <p>
        This project has no Warehouse and no Stage yet. A Warehouse watches an image or a git
        repository; save this as warehouse.yaml with your own, and apply it:
      </p>
      <pre className="mt-2 overflow-auto rounded border border-line bg-panel p-3 font-mono text-xs">
        {`apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata:
  name: web
  namespace: ${project}
spec:
  subscriptions:
    - image:
        repoURL: ghcr.io/example/web
        constraint: ^1.0.0
`}
      </pre>
      <pre className="mt-2 overflow-auto rounded border border-line bg-panel p-3 font-mono text-xs">
        gantry apply -f warehouse.yaml
      </pre>
    </div>
  )
}
