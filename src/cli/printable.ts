/**
 * Text of others (tags, subjects, what a server said) for a terminal: escape sequences and other control characters,
 * also those that turn the direction of writing around, become visible. Lines and tabs stay.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, show)
}

/** The same for what must stay in one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t\u2028\u2029]/gu, ' ')
}

function show(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Writes lines: to a terminal printable, to anything else (a file, a program) as they are. */
export function lineWriter(stream: {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}): (line: string) => void {
  return (line) => {
    stream.write(`${stream.isTTY === true ? printable(line) : line}\n`)
  }
}
