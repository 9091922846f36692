/** Whether the other side answered something that is not TLS at all. */
export function isNoTls(failure: unknown): boolean {
  return codesOf(failure).some(
    (code) =>
      code === 'EPROTO' || /^ERR_SSL_(?:WRONG_VERSION|PACKET_LENGTH|HTTP_REQUEST)/.test(code),
  )
}

/** Whether it speaks TLS, with a certificate that nobody vouches for: then it is not asked without TLS either. */
export function isUntrusted(failure: unknown): boolean {
  return codesOf(failure).some((code) => /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code))
}

/** The codes of an error and of what caused it. */
function codesOf(failure: unknown, depth = 0): string[] {
  if (!(failure instanceof Error) || depth > 5) return []
  const own = 'code' in failure && typeof failure.code === 'string' ? [failure.code] : []
  const inner = failure instanceof AggregateError ? failure.errors : []
  return [...own, ...[failure.cause, ...inner].flatMap((each) => codesOf(each, depth + 1))]
}
