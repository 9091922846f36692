/** Bytes in the standard base64 alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(binary)
}

/** Bytes of base64 text in the standard alphabet; line ends are skipped. Undefined when it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  const clean = text.replaceAll(/[\r\n]/g, '')
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined
  const binary = atob(clean)
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}
