/** Small manifests as tests write them, of one Project. */
export interface Manifests {
  /** `subscription` as in `image: {repoURL: ...}`. */
  warehouse(name: string, subscription: string): string
  stage(name: string, shape?: StageShape): string
}

/** Each a value of YAML on one line. */
export interface StageShape {
  /** The Warehouse whose Freight it takes; default `web`. */
  readonly warehouse?: string
  /** Default: straight from the Warehouse. */
  readonly sources?: string
  /** Default: one that does nothing. */
  readonly steps?: string
}

export function manifestsOf(project: string): Manifests {
  return {
    warehouse: (name, subscription) => `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: ${name}, namespace: ${project}}
spec: {subscriptions: [{${subscription}}]}
`,
    stage(name, shape = {}) {
      const { warehouse = 'web', sources = '{direct: true}' } = shape
      const { steps = '[{uses: compose-output, config: {a: b}}]' } = shape
      return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: ${name}, namespace: ${project}}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: ${warehouse}}, sources: ${sources}}]
  promotionTemplate: {spec: {steps: ${steps}}}
`
    },
  }
}

/** A clone, a change, a commit and a push, as a YAML list on one line (JSON is YAML). */
export function stepsThatPushTo(repoURL: string): string {
  return JSON.stringify([
    {
      uses: 'git-clone',
      config: { repoURL, checkout: [{ branch: 'main', path: './src' }] },
    },
    {
      uses: 'file-write',
      config: { path: './src/version.txt', contents: '${{ ctx.promotion }}', overwrite: true },
    },
    { uses: 'git-commit', config: { path: './src', message: 'promote ${{ ctx.stage }}' } },
    { uses: 'git-push', config: { path: './src' } },
  ])
}
