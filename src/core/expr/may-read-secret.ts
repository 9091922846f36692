/** `vars.region`, `outputs.build`, `outputs["open-pr"]`, `task.outputs.build`: what is read by a name that is written out. */
const named =
  /\b(vars|outputs|task\s*\??\.\s*outputs)\s*(?:\??\.\s*([A-Za-z_]\w*)(?![\w$\u0080-\uffff])|\[\s*"([^"\\]*)"\s*\]|\[\s*'([^'\\]*)'\s*\])/g

/**
 * Whether an expression may read something that was made from a secret: it mentions what can hold that, and not by one
 * of the names that are known to hold none, such as `vars.region`. Wrong only in that it says yes too often.
 */
export function mayReadSecret(expression: string, open: ReadonlySet<string>): boolean {
  const rest = expression.replaceAll(
    named,
    (whole, root: string, plain?: string, double?: string, single?: string) => {
      const name = plain ?? double ?? single ?? ''
      return open.has(`${root.replaceAll(/[\s?]/g, '')}.${name}`) ? ' ' : whole
    },
  )
  return ['vars', 'outputs', 'task', '$env'].some((word) => rest.includes(word))
}
